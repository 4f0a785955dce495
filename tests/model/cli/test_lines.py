from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.cli import lines as module
from model.cli.lines import read_blocks
from model.errors import CorpusError

TEXT = st.text(alphabet=st.characters(exclude_characters="\n\ufeff", exclude_categories=["Cs"]), max_size=20)


@given(
    st.lists(TEXT.filter(lambda text: not text.endswith("\r")), max_size=20), st.integers(1, 7), st.booleans()
)
def test_every_line_comes_once_in_order(texts: list[str], size: int, crlf: bool) -> None:
    end = "\r\n" if crlf else "\n"
    raw = "".join(text + end for text in texts).encode()
    blocks = list(read_blocks(io.BytesIO(raw), "in", size))
    assert [line for block in blocks for line in block.lines] == texts
    assert all(1 <= len(block.lines) <= size for block in blocks)
    assert [block.first for block in blocks] == list(range(1, len(texts) + 1, size))
    assert sum(block.bytes for block in blocks) == len(raw)


def test_the_last_line_needs_no_end_and_a_byte_order_mark_is_no_text() -> None:
    [block] = read_blocks(io.BytesIO("\ufeffeins\nzwei".encode()), "in", 10)
    assert block.lines == ["eins", "zwei"]


def test_blocks_are_bounded_in_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BLOCK_BYTES", 100)
    blocks = list(read_blocks(io.BytesIO(b"0123456789\n" * 50), "in", 1000))
    assert max(block.bytes for block in blocks) <= 110
    assert sum(len(block.lines) for block in blocks) == 50


def test_a_block_is_given_before_more_is_read() -> None:
    class Feed(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            assert self.tell() < 4, "read ahead of what was asked for"
            return super().readline(size)

    blocks = read_blocks(Feed(b"a\nb\nc\nd\n"), "in", 2)
    assert next(blocks).lines == ["a", "b"]


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_the_longest_line_there_may_be(monkeypatch: pytest.MonkeyPatch, end: bytes) -> None:
    monkeypatch.setattr(module, "MAX_LINE_BYTES", 10)
    [block] = read_blocks(io.BytesIO(b"0123456789" + end), "in", 5)
    assert block.lines == ["0123456789"]
    with pytest.raises(CorpusError, match="in: line 2 is longer than 10 bytes"):
        list(read_blocks(io.BytesIO(b"ok\n01234567890" + end), "in", 5))


def test_bytes_that_are_no_text_are_refused_with_the_line() -> None:
    with pytest.raises(CorpusError, match=r"in: line 3 is not UTF-8 \(byte 2 of it\)"):
        list(read_blocks(io.BytesIO(b"a\nb\nc\xff\n"), "in", 5))
