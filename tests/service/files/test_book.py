"""EPUB books."""

from __future__ import annotations

import zipfile

import pytest
from lxml import etree

from service.errors import UnreadableFile
from service.files.book import read
from service.files.limits import FileLimits
from tests.service.files.packages import elements, packed, unpacked
from tests.service.files.translators import identity, scrambled, translated, upper

LIMITS = FileLimits()
CONTAINER = b"""<?xml version="1.0"?>
<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>
<rootfile full-path="OPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
BOOK = b"""<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Der Titel</dc:title></metadata><manifest>
<item id="b" href="text/b%20zwei.xhtml" media-type="application/xhtml+xml"/>
<item id="a" href="text/a.xhtml#x" media-type="application/xhtml+xml"/>
<item id="n" href="toc.ncx" media-type="application/x-dtbncx+xml"/>
<item id="p" href="p.png" media-type="image/png"/>
<item id="gone" href="gone.xhtml" media-type="application/xhtml+xml"/>
</manifest><spine toc="n"><itemref idref="a"/><itemref idref="b"/></spine></package>"""
CHAPTER = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" "http://www.w3.org/TR/xhtml11/DTD/xhtml11.dtd">
<html xmlns="http://www.w3.org/1999/xhtml"><head><title>Kapitel</title><style>p { color: red }</style></head>
<body><p>Es war   <em>einmal</em> ein&nbsp;Mann,<br/>
der <a href="#n" id="r">schlief</a>.</p><hr/><p/></body></html>
"""
CONTENTS = b"""<?xml version="1.0"?><ncx xmlns="http://www.daisy.org/z3986/2005/ncx/">
<head><meta name="x" content="y"/></head><docTitle><text>Buch</text></docTitle>
<navMap><navPoint id="1"><navLabel><text>Erstes Kapitel</text></navLabel>
<content src="text/a.xhtml"/></navPoint></navMap></ncx>"""
PARTS = {
    "mimetype": b"application/epub+zip",
    "META-INF/container.xml": CONTAINER,
    "OPS/book.opf": BOOK,
    "OPS/text/a.xhtml": CHAPTER.encode(),
    "OPS/text/b zwei.xhtml": "<html xmlns='http://www.w3.org/1999/xhtml'><body><p>Zwei</p></body></html>".encode(
        "utf-16"
    ),
    "OPS/toc.ncx": CONTENTS,
    "OPS/p.png": b"\x89PNG",
}
SAMPLE = packed(PARTS, zipfile.ZIP_STORED)


def test_what_is_translated() -> None:
    document = read(SAMPLE, LIMITS)
    texts = " | ".join(" ".join(unit.text.split()) for unit in document.units)
    assert texts == "Kapitel | Es war einmal ein Mann, | der schlief. | Zwei | Buch | Erstes Kapitel"
    parts = unpacked(translated(document, upper))
    chapter = parts["OPS/text/a.xhtml"].decode()
    for part in (
        "<title>KAPITEL</title>",
        "<em>EINMAL</em>",
        'DER <a href="#n" id="r">SCHLIEF</a>.</p><hr/><p/>',
        "color: red",
    ):
        assert part in chapter
    assert chapter.startswith(CHAPTER[:150])
    assert ">ERSTES KAPITEL<" in parts["OPS/toc.ncx"].decode()
    assert ">ZWEI<" in parts["OPS/text/b zwei.xhtml"].decode("utf-16")
    assert {name for name in PARTS if parts[name] == PARTS[name]} == {
        "mimetype",
        "META-INF/container.xml",
        "OPS/book.opf",
        "OPS/p.png",
    }


def test_an_identity_changes_no_part() -> None:
    assert unpacked(translated(read(SAMPLE, LIMITS), identity)) == PARTS


@pytest.mark.parametrize("seed", range(5))
def test_no_translation_changes_the_structure(seed: int) -> None:
    written = unpacked(translated(read(SAMPLE, LIMITS), scrambled(seed)))
    for name in ("OPS/text/b zwei.xhtml", "OPS/toc.ncx"):
        assert elements(written[name], frozenset()) == elements(PARTS[name], frozenset())
    chapter = written["OPS/text/a.xhtml"].replace(b"&nbsp;", b" ")
    assert elements(chapter, frozenset()) == elements(CHAPTER.replace("&nbsp;", " ").encode(), frozenset())
    assert etree.fromstring(chapter) is not None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"META-INF/container.xml": b"<a/>"}, "package document is missing"),
        ({"OPS/book.opf": b"<a/>"}, "without chapters"),
        ({"OPS/text/a.xhtml": b"<p>"}, "OPS/text/a.xhtml is no well-formed XHTML"),
        (
            {"OPS/text/a.xhtml": b"<!DOCTYPE p [<!ENTITY a 'b'>]><p>&a;</p>"},
            "OPS/text/a.xhtml is no well-formed",
        ),
        (
            {"META-INF/encryption.xml": b"<e><CipherReference URI='OPS/text/a.xhtml'/></e>"},
            "1 chapters of the book are protected",
        ),
    ],
)
def test_other_packages(change: dict[str, bytes], says: str) -> None:
    with pytest.raises(UnreadableFile, match=r"^file: ") as caught:
        read(packed({**PARTS, **change}), LIMITS)
    assert says in str(caught.value)


def test_fonts_may_be_encrypted() -> None:
    fonts = {"META-INF/encryption.xml": b"<e><CipherReference URI='OPS/font.otf'/></e>"}
    assert len(read(packed({**PARTS, **fonts}), LIMITS).units) == 6


def test_a_package_without_a_container() -> None:
    with pytest.raises(UnreadableFile, match="no EPUB book"):
        read(packed({"a": b""}), LIMITS)
