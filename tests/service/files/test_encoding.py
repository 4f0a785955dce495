"""Bytes to characters and back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import UnreadableFile
from service.files.encoding import decode
from service.files.limits import FileLimits
from service.files.plain_text import read
from tests.service.files.translators import identity, translated, upper

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00\ufeff"))


@settings(max_examples=50)
@given(TEXT, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
def test_every_encoding_is_kept(text: str, codec: str) -> None:
    data = text.encode(codec)
    assert decode(data).text == text
    document = read(data, FileLimits())
    assert translated(document, identity) == data
    lines = translated(document, upper).decode(codec)
    assert lines == "".join(line.upper() for line in text.splitlines(keepends=True))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"Gr\xfcn", "not valid UTF-8 at byte 2 (it may be Windows-1252"),
        ("Grün".encode("utf-16-le"), "it looks like a binary file"),
        ("Haus".encode("utf-16-le"), "UTF-16 without a byte order mark?"),
        (b"\x89PNG\r\n\x1a\n", "it looks like a binary file"),
        (b"PK\x03\x04\xff", "it looks like a binary file"),
        (b"\xff\xfea", "not valid UTF-16-LE"),
        (b"a\x00b", "NUL"),
    ],
)
def test_what_is_no_text_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(UnreadableFile, match="accepted is UTF-8") as caught:
        decode(data)
    assert says in str(caught.value)


def test_a_declared_encoding() -> None:
    assert decode(b"Gr\xfcn", "ISO-8859-1").text == "Grün"
    assert decode("Grün".encode(), "rot13").text == "Grün"
    with pytest.raises(UnreadableFile, match="iso-8859-1 lacks"):
        decode(b"a", "iso-8859-1").encode("你")
