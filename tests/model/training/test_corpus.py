"""Reading parallel text: what is a line, and what is refused."""

from __future__ import annotations

import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from model.errors import ConfigError, CorpusError
from model.training.corpus import (
    ParallelText,
    Unreadable,
    parse_direction,
    parse_parallel_text,
    read_sentences,
)

PACKERS: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".xz": lzma.compress}


def aligned(folder: Path, german: bytes, english: bytes, ending: str = "") -> ParallelText:
    files = folder / f"a.de{ending}", folder / f"a.en{ending}"
    for file, content in zip(files, (german, english), strict=True):
        file.write_bytes(PACKERS[ending](content))
    return ParallelText(("de", "en"), files)


def columns(folder: Path, content: bytes) -> ParallelText:
    file = folder / "a.tsv"
    file.write_bytes(content)
    return ParallelText(("de", "en"), (file,))


class TestReading:
    @pytest.mark.parametrize("ending", PACKERS)
    def test_aligned_files_are_read_side_by_side(self, tmp_path: Path, ending: str) -> None:
        text = aligned(tmp_path, "grün\nrot\n".encode(), b"green\nred\n", ending)
        assert list(text.read()) == [("grün", "green"), ("rot", "red")]

    @pytest.mark.parametrize("ending", PACKERS)
    def test_columns_are_read_from_one_file(self, tmp_path: Path, ending: str) -> None:
        file = tmp_path / f"a.tsv{ending}"
        file.write_bytes(PACKERS[ending](b"eins\tone\nzwei\ttwo"))
        assert list(ParallelText(("de", "en"), (file,)).read()) == [("eins", "one"), ("zwei", "two")]

    @pytest.mark.parametrize("ending", PACKERS)
    def test_one_language_is_read_line_by_line(self, tmp_path: Path, ending: str) -> None:
        file = tmp_path / f"a.de{ending}"
        file.write_bytes(PACKERS[ending]("\ufeffgrün\tund\n".encode() + b"gr\xfcn\n\nrot"))
        assert list(read_sentences(file)) == ["grün\tund", Unreadable.NOT_UTF8, "", "rot"]
        file.write_bytes(PACKERS[ending](b""))
        with pytest.raises(CorpusError, match=r"a\.de.* is empty"):
            list(read_sentences(file))

    def test_only_line_feeds_end_a_line(self, tmp_path: Path) -> None:
        text = aligned(tmp_path, "a\u2028b\x0cc\rd\r\ne\n".encode(), b"1\n2\n")
        assert list(text.read()) == [("a\u2028b\x0cc\rd", "1"), ("e", "2")]

    def test_a_byte_order_mark_is_no_text(self, tmp_path: Path) -> None:
        text = columns(tmp_path, b"\xef\xbb\xbfeins\tone\n\xef\xbb\xbfzwei\ttwo\n")
        assert list(text.read()) == [("eins", "one"), ("\ufeffzwei", "two")]

    def test_a_line_that_is_not_utf8_is_said_to_be(self, tmp_path: Path) -> None:
        text = aligned(tmp_path, b"gr\xfcn\nrot\n\xed\xa0\x80\n", b"green\nred\nblue\n")
        assert list(text.read()) == [Unreadable.NOT_UTF8, ("rot", "red"), Unreadable.NOT_UTF8]

    def test_a_line_without_two_columns_is_said_to_be(self, tmp_path: Path) -> None:
        text = columns(tmp_path, b"eins\none\ttwo\tthree\n\ta\n")
        assert list(text.read()) == [Unreadable.COLUMNS, Unreadable.COLUMNS, ("", "a")]


class TestRefusals:
    def test_different_line_counts_are_both_named(self, tmp_path: Path) -> None:
        text = aligned(tmp_path, b"a\nb\nc\n", b"1\n2\n")
        with pytest.raises(CorpusError, match=r"a\.de has 3 lines but .*a\.en has 2"):
            list(text.read())

    def test_one_empty_file_is_a_different_count(self, tmp_path: Path) -> None:
        with pytest.raises(CorpusError, match=r"a\.de has 0 lines but .*a\.en has 1"):
            list(aligned(tmp_path, b"", b"1\n").read())

    def test_empty_files_are_named(self, tmp_path: Path) -> None:
        with pytest.raises(CorpusError, match=r"a\.de and .*a\.en are empty"):
            list(aligned(tmp_path, b"", b"").read())
        with pytest.raises(CorpusError, match=r"a\.tsv is empty"):
            list(columns(tmp_path, b"").read())

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        text = ParallelText(("de", "en"), (tmp_path / "none.tsv",))
        with pytest.raises(CorpusError, match=r"none\.tsv: cannot be read: No such file"):
            list(text.read())

    @pytest.mark.parametrize("ending", [".gz", ".xz"])
    @pytest.mark.parametrize("damage", ["plain text", "cut", "flipped"])
    def test_damaged_compression_is_named(self, tmp_path: Path, ending: str, damage: str) -> None:
        packed = PACKERS[ending](b"\n".join(b"eins %d\tone %d" % (i, i * i) for i in range(1000)))
        content = {
            "plain text": b"eins\tone\n",
            "cut": packed[: len(packed) // 2],
            "flipped": packed[:200] + bytes(byte ^ 0xFF for byte in packed[200:300]) + packed[300:],
        }[damage]
        file = tmp_path / f"a.tsv{ending}"
        file.write_bytes(content)
        with pytest.raises(CorpusError, match=rf"a\.tsv\{ending}: damaged"):
            list(ParallelText(("de", "en"), (file,)).read())


class TestCommandLine:
    def test_a_corpus_is_a_pair_and_files(self) -> None:
        assert parse_parallel_text(["de-en", "x.tsv"]) == ParallelText(("de", "en"), (Path("x.tsv"),))
        assert parse_parallel_text(["en-zh", "x", "y"]) == ParallelText(("en", "zh"), (Path("x"), Path("y")))

    @pytest.mark.parametrize("words", [["de-en"], ["de-en", "a", "b", "c"]])
    def test_no_file_or_three_are_too_few_or_many(self, words: list[str]) -> None:
        with pytest.raises(ConfigError, match="two aligned files or one tab-separated file"):
            parse_parallel_text(words)

    @pytest.mark.parametrize("text", ["", "de", "de-de", "de_en", "DE-EN", "de-en-fr", "train.de", "d-e"])
    def test_what_is_no_direction_is_refused(self, text: str) -> None:
        with pytest.raises(ConfigError, match="not two different language codes"):
            parse_direction(text)
