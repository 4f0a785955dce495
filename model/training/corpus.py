"""Reading parallel text: two aligned files, or one file of tab-separated columns.

A name that ends in ``.gz`` or ``.xz`` is decompressed while it is read. Text is UTF-8; lines end at LF or
CRLF and nowhere else, since other separators (U+2028, form feed) may stand inside a sentence.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import lzma
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest
from pathlib import Path
from typing import BinaryIO, cast

from model.errors import ConfigError, CorpusError

Pair = tuple[str, str]
Direction = tuple[str, str]


class Unreadable(StrEnum):
    """Why a line is not a sentence pair."""

    NOT_UTF8 = "not UTF-8"
    COLUMNS = "not two columns"


@dataclass(frozen=True)
class ParallelText:
    """Where the sentence pairs of two languages are.

    Attributes:
        languages: of the first and the second file, or column.
        files: two aligned files, or one with two tab-separated columns.
        one_way: whether it teaches to translate from the first language into the second and not back.
    """

    languages: Direction
    files: tuple[Path, ...]
    one_way: bool = False

    def __str__(self) -> str:
        return " ".join(["-".join(self.languages), *map(str, self.files)])

    @property
    def label(self) -> str:
        """Languages and file names without folders."""
        return " ".join(["-".join(self.languages), *(file.name for file in self.files)])

    @property
    def directions(self) -> tuple[Direction, ...]:
        """What it can train."""
        return (self.languages,) if self.one_way else (self.languages, self.languages[::-1])

    def read(self) -> Iterator[Pair | Unreadable]:
        """Each line's pair, or why it has none.

        Raises:
            CorpusError: a file cannot be read or is empty, or aligned files differ in their number of lines.
        """
        return _read_columns(self.files[0]) if len(self.files) == 1 else _read_aligned(*self.files)


def parse_direction(text: str) -> Direction:
    """``de-en`` as ``("de", "en")``.

    Raises:
        ConfigError: not two different language codes of lower-case letters.
    """
    found = re.fullmatch(r"([a-z]{2,3})-([a-z]{2,3})", text)
    if not found or found[1] == found[2]:
        raise ConfigError(f"{text!r} is not two different language codes with a hyphen between, like de-en")
    return found[1], found[2]


def parse_parallel_text(words: list[str], *, one_way: bool = False) -> ParallelText:
    """``["de-en", "a.de", "a.en"]`` or ``["de-en", "a.tsv"]``, as on the command line.

    Raises:
        ConfigError: the first word is no language pair, or one or two files do not follow.
    """
    languages = parse_direction(words[0])
    if len(words) not in (2, 3):
        raise ConfigError(
            f"{' '.join(words)}: give a language pair and then two aligned files or one tab-separated file"
        )
    return ParallelText(languages, tuple(Path(word) for word in words[1:]), one_way)


def read_sentences(path: Path) -> Iterator[str | Unreadable]:
    """Each line of a file in one language, or why it is no sentence.

    Raises:
        CorpusError: the file cannot be read or is empty.
    """
    line = None
    for line in _lines(path):
        decoded = _decode([line, b""])
        yield decoded if isinstance(decoded, Unreadable) else decoded[0]
    if line is None:
        raise CorpusError(f"{path} is empty")


def sha256(path: Path) -> str:
    """The SHA-256 of a file as it lies on the disk, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_aligned(first: Path, second: Path) -> Iterator[Pair | Unreadable]:
    counts = [0, 0]
    for left, right in zip_longest(_lines(first), _lines(second)):
        counts[0] += left is not None
        counts[1] += right is not None
        if left is not None and right is not None:
            yield _decode([left, right])
    if counts[0] != counts[1]:
        raise CorpusError(
            f"{first} has {counts[0]} lines but {second} has {counts[1]}; line n of one must translate"
            " line n of the other"
        )
    if not counts[0]:
        raise CorpusError(f"{first} and {second} are empty")


def _read_columns(path: Path) -> Iterator[Pair | Unreadable]:
    line = None
    for line in _lines(path):
        yield _decode(line.split(b"\t"))
    if line is None:
        raise CorpusError(f"{path} is empty")


def _decode(columns: list[bytes]) -> Pair | Unreadable:
    if len(columns) != 2:
        return Unreadable.COLUMNS
    try:
        return columns[0].decode(), columns[1].decode()
    except UnicodeDecodeError:
        return Unreadable.NOT_UTF8


def _lines(path: Path) -> Iterator[bytes]:
    """The lines without their ends, and without a byte order mark before the first.

    Raises:
        CorpusError: the file is missing, unreadable, or its compressed content is damaged.
    """
    try:
        with _open(path) as file:
            for number, line in enumerate(file):
                start = len(codecs.BOM_UTF8) if number == 0 and line.startswith(codecs.BOM_UTF8) else 0
                yield line[start:].removesuffix(b"\n").removesuffix(b"\r")
    except (gzip.BadGzipFile, lzma.LZMAError, zlib.error, EOFError) as error:
        raise CorpusError(f"{path}: damaged, or not what its name says: {error}") from error
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read: {error.strerror}") from error


def _open(path: Path) -> BinaryIO:
    if path.suffix == ".gz":
        return cast(BinaryIO, gzip.open(path, "rb"))
    if path.suffix == ".xz":
        return cast(BinaryIO, lzma.open(path, "rb"))
    return path.open("rb")
