"""OpenDocument texts, made and read back by odfpy."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odf import teletype, text
from odf.opendocument import OpenDocumentText, load

from service.errors import InvalidRequest, UnreadableFile
from service.files.limits import FileLimits
from service.files.open_document import read
from tests.service.files.packages import elements, packed, unpacked
from tests.service.files.translators import identity, scrambled, translated, upper

LIMITS = FileLimits()


def sample() -> bytes:
    document = OpenDocumentText()
    document.text.addElement(text.H(outlinelevel=1, text="Ein Titel"))
    paragraph = text.P(text="Ein Absatz mit ")
    paragraph.addElement(text.Span(stylename="T1", text="fettem"))
    paragraph.addText(" Text")
    note = text.Note(noteclass="footnote", id="n1")
    note.addElement(text.NoteCitation(text="1"))
    body = text.NoteBody()
    body.addElement(text.P(text="Die Fußnote"))
    note.addElement(body)
    paragraph.addElement(note)
    paragraph.addText(" und ")
    link = text.A(href="http://x.de", type="simple")
    link.addText("einem ")
    link.addElement(text.Span(stylename="T2", text="Link"))
    paragraph.addElement(link)
    for one in (
        text.Tab(),
        "nach",
        text.S(c=3),
        "Raum",
        text.LineBreak(),
        "Seite ",
        text.PageNumber(text="drei"),
    ):
        paragraph.addText(one) if isinstance(one, str) else paragraph.addElement(one)
    paragraph.addElement(text.BookmarkStart(name="b"))
    paragraph.addText(" ende")
    paragraph.addElement(text.BookmarkEnd(name="b"))
    document.text.addElement(paragraph)
    output = io.BytesIO()
    document.save(output)
    return output.getvalue()


SAMPLE = sample()


def lines(data: bytes) -> list[str]:
    document = load(io.BytesIO(data))
    return [
        teletype.extractText(one) for kind in (text.H, text.P) for one in document.getElementsByType(kind)
    ]


def test_what_is_translated() -> None:
    document = read(SAMPLE, LIMITS)
    assert [unit.text for unit in document.units] == [
        "Ein Titel",
        "Ein Absatz mit fettem Text und einem Link\tnach   Raum\nSeite drei ende",
        "Die Fußnote",
    ]
    written = translated(document, upper)
    before = [line.upper().replace("DREI", "drei") for line in lines(SAMPLE)]
    assert lines(written) == before
    content = unpacked(written)["content.xml"].decode()
    for kept in (
        '<text:span text:style-name="T1">FETTEM</text:span> TEXT<text:note ',
        '>EINEM <text:span text:style-name="T2">LINK</text:span></text:a><text:tab/>NACH <text:s ',
        "<text:line-break/>SEITE <text:page-number>drei</text:page-number> <text:bookmark-start ",
        "/>ENDE<text:bookmark-end ",
    ):
        assert kept in content


def test_an_identity_changes_no_part() -> None:
    assert unpacked(translated(read(SAMPLE, LIMITS), identity)) == unpacked(SAMPLE)


@pytest.mark.parametrize("seed", range(8))
def test_no_translation_changes_the_structure(seed: int) -> None:
    written = translated(read(SAMPLE, LIMITS), scrambled(seed))
    white_space = frozenset(["s"])
    assert elements(unpacked(written)["content.xml"], white_space) == elements(
        unpacked(SAMPLE)["content.xml"], white_space
    )
    lines(written)


@given(st.text(alphabet="a \n\tß ", min_size=1, max_size=20))
@settings(deadline=None, max_examples=25)
def test_white_space_is_read_back(content: str) -> None:
    """What is written as elements and characters is the text again."""
    from service.text.annotated import AnnotatedTranslation  # noqa: PLC0415

    document = read(SAMPLE, LIMITS)
    units = [unit.text for unit in document.units]
    written = document.write([AnnotatedTranslation(content), *map(identity, document.units[1:])])
    again = [unit.text for unit in read(written, LIMITS).units]
    assert again == ([content] if any(map(str.isalpha, content)) else []) + units[1:]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}, "no OpenDocument text"),
        ({"content.xml": b"<a>"}, "content.xml is no well-formed XML"),
        ({"META-INF/manifest.xml": b"<x><manifest:encryption-data/></x>"}, "encrypted"),
    ],
)
def test_other_packages(change: dict[str, bytes], says: str) -> None:
    with pytest.raises(UnreadableFile, match=re.escape(says)):
        read(packed({**unpacked(SAMPLE), **change}), LIMITS)


@given(st.integers(0, 1500), st.integers(0, 200), st.sampled_from([b"", b"<text:p>", b"</text:p>", b"&x;"]))
@settings(deadline=None, max_examples=25)
def test_damaged_documents_are_refused_or_read(start: int, length: int, with_what: bytes) -> None:
    parts = unpacked(SAMPLE)
    content = parts["content.xml"]
    parts["content.xml"] = content[:start] + with_what + content[start + length :]
    try:
        document = read(packed(parts), LIMITS)
    except InvalidRequest:
        return
    translated(document, upper)
