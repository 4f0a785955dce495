"""Entries: read as clients write them, refused with the line that is wrong and without its text."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import InvalidRequest
from service.glossaries.entries import inline_entries, read_entries, write_tsv
from service.text.glossary import Entry

TERMS = st.text(min_size=1, max_size=20).filter(lambda text: text.isprintable() and text == text.strip())
ENTRIES = st.lists(st.builds(Entry, TERMS, TERMS), min_size=1, max_size=8, unique_by=lambda one: one.source)


@given(ENTRIES)
def test_what_is_written_is_read_again(entries: list[Entry]) -> None:
    assert list(read_entries(write_tsv(entries), "tsv", 10)) == entries
    text = io.StringIO()
    csv.writer(text).writerows((one.source, one.target) for one in entries)
    assert list(read_entries(text.getvalue(), "csv", 10)) == entries
    assert list(inline_entries({one.source: one.target for one in entries}, 10)) == entries


def test_blank_lines_and_spaces_around_terms_do_not_count() -> None:
    expected = (Entry("a", "b"), Entry("c d", "e"))
    assert read_entries("\n a \tb\r\n\r\nc d\te", "tsv", 10) == expected
    assert read_entries('\na,b\n"c d", e,de,en\n', "csv", 10) == expected


@pytest.mark.parametrize(
    ("text", "form", "message"),
    [
        ("a\tb\nsecret", "tsv", "line 2: must be a source term, a tab and a target term, but has 0 tabs"),
        ("a\tb\tsecret", "tsv", "line 1: must be a source term, a tab and a target term, but has 2 tabs"),
        ("a\tb\n \tsecret", "tsv", "line 2: a term is empty"),
        ("secret\tb\n\nsecret\tc", "tsv", "line 3: this source term has been there before"),
        ("a\tb\nsecret\x00\tc", "tsv", "line 2: a term has a control or private character"),
        ("a\tb\nsecret\ue000\tc", "tsv", "line 2: a term has a control or private character"),
        ("a\tsecret\ud800", "tsv", "line 1: a term is not valid Unicode"),
        ("a\t" + "secret" * 171, "tsv", "line 1: a term has 1026 bytes; at most 1024"),
        ("a,b\nsecret", "csv", "line 2: must have 2 columns, or 4, but has 1"),
        ('a,b\n"secret', "csv", "line 2: is not valid CSV"),
        ("\n\n", "tsv", "there must be at least one entry"),
        ("a\tb\nb\tc\nc\td\nsecret\te", "tsv", "line 4: at most 3 entries are accepted"),
    ],
)
def test_a_wrong_line_is_named_and_not_quoted(text: str, form: str, message: str) -> None:
    with pytest.raises(InvalidRequest, match=message) as caught:
        read_entries(text, form, 3)
    assert "secret" not in str(caught.value)
    assert caught.value.field == "entries"


def test_inline_entries_are_numbered() -> None:
    with pytest.raises(InvalidRequest, match="terms: entry 2: a term is empty"):
        inline_entries({"a": "b", "c": " "}, 10)
