"""Lines of text from a stream, in blocks of bounded size."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from model.errors import ConfigError, CorpusError

MAX_LINE_BYTES = 1 << 20
MAX_BLOCK_BYTES = 1 << 22


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive lines.

    Attributes:
        first: the number of the first line, from 1.
        lines: without their ends.
        bytes: what they took in the stream.
    """

    first: int
    lines: list[str]
    bytes: int


def read_blocks(stream: BinaryIO, name: str, max_lines: int) -> Iterator[Block]:
    """The lines of ``stream`` in blocks of at most ``max_lines``, each as soon as it is complete.

    Lines end at LF or CRLF and nowhere else; a byte order mark before the first is left out.

    Raises:
        CorpusError: a line is not UTF-8 or longer than ``MAX_LINE_BYTES``; names it.
    """
    number, lines, size = 0, list[str](), 0
    while raw := stream.readline(MAX_LINE_BYTES + 2):
        number += 1
        lines.append(_decode(raw, name, number))
        size += len(raw)
        if len(lines) == max_lines or size >= MAX_BLOCK_BYTES:
            yield Block(number - len(lines) + 1, lines, size)
            lines, size = [], 0
    if lines:
        yield Block(number - len(lines) + 1, lines, size)


def open_input(path: Path | None, standard: BinaryIO) -> AbstractContextManager[BinaryIO]:
    """``path`` for reading, or ``standard`` where there is none; the latter stays open."""
    return path.open("rb") if path else nullcontext(standard)


def open_output(
    path: Path | None, standard: BinaryIO, source: Path | None
) -> AbstractContextManager[BinaryIO]:
    """``path`` for writing, or ``standard`` where there is none; the latter stays open.

    Raises:
        ConfigError: ``path`` is ``source``, the file that is being read.
    """
    if path is None:
        return nullcontext(standard)
    if source and path.exists() and path.samefile(source):
        raise ConfigError(f"--output {path}: is the file that is read; name another")
    return path.open("wb")


def _decode(raw: bytes, name: str, number: int) -> str:
    if number == 1:
        raw = raw.removeprefix(codecs.BOM_UTF8)
    text = raw.removesuffix(b"\n").removesuffix(b"\r")
    if len(text) > MAX_LINE_BYTES:
        raise CorpusError(f"{name}: line {number} is longer than {MAX_LINE_BYTES:,} bytes; split it")
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CorpusError(f"{name}: line {number} is not UTF-8 (byte {error.start + 1} of it)") from error
