"""Documents made to be slow: time is linear in their length, and nothing overflows."""

from __future__ import annotations

import time

import pytest

from service.markup.document import Document, html_document, xml_document
from service.markup.rules import Rules
from service.text.annotated import AnnotatedText, AnnotatedTranslation
from service.text.marking import move_marks
from service.text.units import proportional

LEVELS = 100_000
MANY = 10_000
SECONDS = 30.0
"""Of processor time, many times what is needed; what is quadratic takes longer, or exhausts the stack."""

PAGES = {
    "deep": "<b>" * LEVELS + "a" + "</b>" * LEVELS,
    "deep with text": "<b>a " * MANY + "</b>" * MANY,
    "deep blocks": "<div>a" * MANY,
    "never closed": "<b>a " * MANY,
    "never opened": "a</b>" * MANY,
    "crossing": "<b>a<i>" * MANY + "</b>b</i>" * MANY,
    "points": "a<img> " * MANY,
    "white space": "<b> " * MANY + "a" + " </b>" * MANY,
    "untouched in untouched": "<code>" * MANY + "a",
    "untouched, never closed": "<p translate=no>a" * MANY,
    "foreign": "<svg>" * MANY,
    "many names": "".join(f"<a{number}>" for number in range(MANY)),
    "many attributes": "<a " + " ".join(f"x{number}=1" for number in range(MANY)) + ">a</a>",
    "a long attribute": f"<a title='{'a' * 1_000_000}'>a</a>",
    "a long word": "a" * 1_000_000,
}
FRAGMENTS = {
    "deep": "a" + "<b>" * MANY + "a" + "</b>" * MANY,
    "white space": "a" + "<b> " * MANY + "a" + " </b>" * MANY,
    "entities": "&amp;a" * MANY,
}


def swapped(text: AnnotatedText) -> AnnotatedTranslation:
    return AnnotatedTranslation(text.text.swapcase(), text.marks)


def moved(text: AnnotatedText) -> AnnotatedTranslation:
    """With marks where the service puts them if it knows nothing of the words."""
    row = proportional(text.text, len(text.text))
    return AnnotatedTranslation(text.text.swapcase(), move_marks(text.marks, row, len(text.text)))


def check(document: Document, source: str, started: float) -> None:
    result = document.write([swapped(text) for text in document.texts])
    assert len(document.write([moved(text) for text in document.texts])) == pytest.approx(
        len(result), rel=0.1
    )
    assert len(result) == pytest.approx(len(source), rel=0.5)
    assert (result == source) == (not any(text.text.strip() for text in document.texts))
    assert time.process_time() - started < SECONDS


@pytest.mark.parametrize("name", PAGES)
def test_html(name: str) -> None:
    started = time.process_time()
    check(html_document(PAGES[name], Rules()), PAGES[name], started)


@pytest.mark.parametrize("name", FRAGMENTS)
def test_xml(name: str) -> None:
    started = time.process_time()
    check(xml_document(FRAGMENTS[name], Rules(), collapse=False), FRAGMENTS[name], started)
