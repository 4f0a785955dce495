"""Word documents, made and read back by python-docx."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from service.errors import InvalidRequest, UnreadableFile
from service.files.limits import FileLimits
from service.files.word import read
from tests.service.files.packages import elements, packed, unpacked
from tests.service.files.translators import identity, scrambled, translated, upper

LIMITS = FileLimits()
TEXT_ELEMENTS = frozenset(["r", "t", "tab", "br", "rPr", "b", "i", "u", "proofErr"])
INLINE = (
    '<w:bookmarkStart {} w:id="7" w:name="b"/>',
    '<w:hyperlink {} w:anchor="b"><w:r><w:rPr><w:u w:val="single"/></w:rPr><w:t>den Link</w:t></w:r>'
    "</w:hyperlink>",
    '<w:bookmarkEnd {} w:id="7"/>',
    '<w:r {}><w:t xml:space="preserve"> auf Seite </w:t></w:r>',
    '<w:r {}><w:fldChar w:fldCharType="begin"/></w:r>',
    "<w:r {}><w:instrText> PAGE </w:instrText></w:r>",
    '<w:r {}><w:fldChar w:fldCharType="separate"/></w:r>',
    "<w:r {}><w:t>drei</w:t></w:r>",
    '<w:r {}><w:fldChar w:fldCharType="end"/></w:r>',
    '<w:r {}><w:t xml:space="preserve"> weiter.</w:t><w:footnoteReference w:id="2"/></w:r>',
    '<w:r {}><w:fldChar w:fldCharType="begin"/><w:instrText> HYPERLINK "x" </w:instrText></w:r>',
    '<w:r {}><w:fldChar w:fldCharType="separate"/></w:r>',
    "<w:r {}><w:t>dort</w:t></w:r>",
    '<w:r {}><w:fldChar w:fldCharType="end"/></w:r>',
    '<w:ins {} w:id="1" w:author="a"><w:r><w:t>Neu</w:t></w:r></w:ins>',
    '<w:del {} w:id="2" w:author="a"><w:r><w:delText>Alt</w:delText></w:r></w:del>',
    '<w:sdt {}><w:sdtPr><w:id w:val="9"/></w:sdtPr><w:sdtContent><w:r><w:t>Feld</w:t></w:r></w:sdtContent>'
    "</w:sdt>",
    "<w:r {}><w:pict><w:txbxContent><w:p><w:r><w:t>Kasten</w:t></w:r></w:p></w:txbxContent></w:pict></w:r>",
    '<w:bookmarkStart {} w:id="8" w:name="c"/>',
    '<w:r {}><w:fldChar w:fldCharType="begin"/></w:r>',
)


def sample() -> bytes:
    document = docx.Document()
    document.add_heading("Ein Titel", 1)
    paragraph = document.add_paragraph("Ein Absatz mit ")
    paragraph.add_run("fettem").bold = True
    paragraph.add_run(" und ")
    paragraph.add_run("kur").italic = True
    paragraph.add_run("sivem").italic = True
    paragraph.add_run(" Text.\tNach Tabulator\nneue Zeile.")
    table = document.add_table(1, 2)
    table.cell(0, 0).text = "Zelle eins"
    table.cell(0, 1).text = "12"
    document.sections[0].header.paragraphs[0].text = "Kopfzeile"
    inline = document.add_paragraph("Siehe ")
    for xml in INLINE:
        etree.ElementBase.append(inline._p, parse_xml(xml.format(nsdecls("w"))))
    output = io.BytesIO()
    document.save(output)
    return output.getvalue()


SAMPLE = sample()


def lines(data: bytes) -> Iterator[str]:
    document = docx.Document(io.BytesIO(data))
    for paragraph in document.paragraphs:
        looks = [("B" if run.bold else "I" if run.italic else "", run.text) for run in paragraph.runs]
        yield "|".join(look + text for look, text in looks if text)
    yield from (cell.text for row in document.tables[0].rows for cell in row.cells)
    yield document.sections[0].header.paragraphs[0].text


def test_what_is_translated() -> None:
    document = read(SAMPLE, LIMITS)
    assert [unit.text for unit in document.units] == [
        "Ein Titel",
        "Ein Absatz mit fettem und kursivem Text.\tNach Tabulator\nneue Zeile.",
        "Zelle eins",
        "Siehe den Link auf Seite drei weiter.dortNeuFeld",
        "Kasten",
        "Kopfzeile",
    ]
    written = translated(document, upper)
    assert list(lines(written)) == [
        "EIN TITEL",
        "EIN ABSATZ MIT |BFETTEM| UND |IKURSIVEM| TEXT.\tNACH TABULATOR\nNEUE ZEILE.",
        "SIEHE | AUF SEITE |drei| WEITER.|DORT",
        "ZELLE EINS",
        "12",
        "KOPFZEILE",
    ]
    body = unpacked(written)["word/document.xml"].decode()
    for kept in ("instrText> PAGE <", 'HYPERLINK "x"', ">Alt<", ">drei<"):
        assert kept in body
    for inside in (
        '<w:t xml:space="preserve">DEN LINK</w:t></w:r></w:hyperlink>',
        ">FELD</w:t></w:r></w:sdtContent>",
    ):
        assert inside in body
    assert body.index('fldCharType="separate"') < body.index(">drei<")


def test_an_identity_changes_no_part() -> None:
    assert unpacked(translated(read(SAMPLE, LIMITS), identity)) == unpacked(SAMPLE)


@pytest.mark.parametrize("seed", range(8))
def test_no_translation_changes_the_structure(seed: int) -> None:
    written = unpacked(translated(read(SAMPLE, LIMITS), scrambled(seed)))
    for name, part in unpacked(SAMPLE).items():
        if written[name] != part:
            assert elements(written[name], TEXT_ELEMENTS) == elements(part, TEXT_ELEMENTS)
    list(lines(packed(written)))


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"a": b""}, "no Word document"),
        ({"[Content_Types].xml": b"<a"}, "no well-formed XML"),
        ({"[Content_Types].xml": b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"}, "document type"),
        ({**unpacked(SAMPLE), "word/document.xml": b"<a"}, "word/document.xml is no well-formed XML"),
        ({**unpacked(SAMPLE), "word/document.xml": b""}, "word/document.xml is no well-formed XML"),
    ],
)
def test_other_packages(parts: dict[str, bytes], says: str) -> None:
    with pytest.raises(UnreadableFile, match=r"^file: ") as caught:
        read(packed(parts), LIMITS)
    assert says in str(caught.value)


def test_entities_are_not_expanded() -> None:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    bomb = (
        f'<!DOCTYPE d [<!ENTITY l0 "lol">{entities}<!ENTITY f SYSTEM "file:///etc/passwd">]><d>&l11;&f;</d>'
    )
    parts = {**unpacked(SAMPLE), "word/document.xml": bomb.encode()}
    with pytest.raises(UnreadableFile):
        read(packed(parts), LIMITS)


@given(st.data())
@settings(deadline=None, max_examples=20)
def test_damaged_documents_are_refused_or_read(data: st.DataObject) -> None:
    """The body with a part of it removed, doubled or changed."""
    parts = unpacked(SAMPLE)
    body = parts["word/document.xml"]
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(len(body), start + 200)))
    with_what = data.draw(
        st.sampled_from([b"", body[start:end] * 2, b"<w:p>", b"</w:r>", b"\x00", zlib.compress(b"x")])
    )
    parts["word/document.xml"] = body[:start] + with_what + body[end:]
    try:
        document = read(packed(parts), LIMITS)
    except InvalidRequest:
        return
    translated(document, upper)
