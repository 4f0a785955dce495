"""Markdown: what is read is translated; code, HTML blocks, front matter, definitions and addresses stay."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from service.errors import UnreadableFile
from service.files.document import Document
from service.files.encoding import decode
from service.files.inline import annotate
from service.files.limits import FileLimits
from service.files.markdown_inline import InlineMarkdown
from service.files.markdown_parser import make_parser
from service.files.splicing import Slot, SplicedDocument
from service.text.annotated import AnnotatedTranslation

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r|\Z)")
_FRONT_MATTER = re.compile(r"(---|\+\+\+)[ \t]*(?:\r\n|\n|\r)(?:.*(?:\r\n|\n|\r))*?\1[ \t]*(?=\r|\n|\Z)")
_CHECK_BOX = re.compile(r"\[[ xX]\][ \t]+(?=\S)")
_BAR = re.compile(r"(?<!\\)\|")


def read(data: bytes, limits: FileLimits) -> Document:
    """See ``Reader``."""
    source = decode(data)
    front = _FRONT_MATTER.match(source.text)
    text = source.text[front.end() :] if front else source.text
    parser, env = make_parser(), dict[str, Any]()
    try:
        tokens = parser.parse(text, env)
        blocks = _Blocks(text, len(source.text) - len(text), parser, env)
        slots = list(blocks.slots(tokens))
    except RecursionError:
        raise UnreadableFile("file: the Markdown is nested too deeply") from None
    return SplicedDocument(source, sorted(slots, key=lambda slot: slot.start))


class _Blocks:
    """Finds where the text of blocks is written.

    Args:
        text: the document without its front matter.
        offset: the length of the latter.
        parser: from ``make_parser``.
        env: the parser's.
    """

    def __init__(self, text: str, offset: int, parser: MarkdownIt, env: dict[str, Any]) -> None:
        self._text = text
        self._offset = offset
        self._parser = parser
        self._env = env
        starts = [line.start() for line in _LINE.finditer(text)]
        self._lines = list(pairwise([*starts, len(text)]))
        self._cell_ends = dict[int, int]()

    def slots(self, tokens: list[Token]) -> Iterator[Slot]:
        """One for each piece of text; those whose place cannot be told stay as they are."""
        for before, token in pairwise(tokens):
            if token.type != "inline" or token.map is None or not token.content:
                continue
            if before.type in ("th_open", "td_open"):
                yield from self._cell(token.content, token.map[0])
            else:
                yield from self._block(token.content, token.map[0])

    def _cell(self, content: str, line: int) -> Iterator[Slot]:
        start, end = self._lines[line]
        raw = _BAR.sub(r"\\|", content)
        place = self._text.find(raw, self._cell_ends.get(line, start), end)
        if place >= 0:
            self._cell_ends[line] = place + len(raw)
            yield self._slot(place, place + len(raw), content, lambda text: _BAR.sub(r"\\|", text))

    def _block(self, content: str, line: int) -> Iterator[Slot]:
        places: list[tuple[int, int]] = []
        for number, part in enumerate(content.split("\n"), line):
            if number >= len(self._lines):
                return
            start, end = self._lines[number]
            place = self._text.rfind(part, start, end)
            if place < 0 or self._text[place + len(part) : end].strip(" \t\r\n#"):
                return
            places.append((place, place + len(part)))
        if box := _CHECK_BOX.match(content):  # of a task
            content, places[0] = content[box.end() :], (places[0][0] + box.end(), places[0][1])
        newline = self._text[places[0][1] : places[1][0]] if len(places) > 1 else "\n"
        yield self._slot(places[0][0], places[-1][1], content, lambda text: text.replace("\n", newline))

    def _slot(self, start: int, end: int, content: str, finish: Callable[[str], str]) -> Slot:
        inline = InlineMarkdown(self._parser, content, self._env)
        original = self._text[start:end]

        def write(translation: AnnotatedTranslation) -> str:
            written = inline.write(translation)
            return original if written is None else finish(written)

        return Slot(start + self._offset, end + self._offset, annotate(inline.nodes), write)
