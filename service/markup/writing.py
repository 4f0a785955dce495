"""A block with the translation of its text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from service.markup.block import Block, Node, Shape
from service.markup.holes import HOLE, Holed
from service.markup.nesting import ROOT, Placed, arrange
from service.markup.tags import written
from service.text.annotated import AnnotatedText, AnnotatedTranslation, Range

Escape = Callable[[str], str]


def write_block(block: Block, translation: AnnotatedTranslation, texts: Sequence[str], escape: Escape) -> str:
    """``block`` with ``translation`` for its text; as it is if that is the same.

    Every tag, point and atom is written once, all of them properly nested. Time is linear but for sorting.

    Args:
        block: of a document.
        translation: of ``block.text``.
        texts: the translations of all texts of the document, for attributes.
        escape: turns characters into markup for them.
    """
    if translation.text == block.text.text and _marked(translation) == _marked(block.text):
        return "".join([written(part, texts) for part in block.source])
    text, places = _placed(block, translation)
    words = {mark.id for mark in block.text.marks if mark.start < mark.end}
    full = {
        index for index, node in enumerate(block.nodes) if node.shape is Shape.ELEMENT and node.mark in words
    }
    writer = _Writer(block.nodes, text, arrange(block.nodes, places, full, text), texts, escape)
    return "".join([escape(block.lead), *writer.pieces(), escape(block.tail)])


def _marked(text: AnnotatedText | AnnotatedTranslation) -> dict[int, Range]:
    return {mark.id: Range(mark.start, mark.end) for mark in text.marks}


def _placed(block: Block, translation: AnnotatedTranslation) -> tuple[str, list[Range]]:
    """The translation with a hole for each atom, and where each node is to be in it."""
    before, after = _marked(block.text), _marked(translation)
    kept = [
        after[node.mark]
        for node in block.nodes
        if node.shape is Shape.ATOM
        and _part(translation.text, after[node.mark]) == _part(block.text.text, before[node.mark])
    ]
    holed = Holed(translation.text, kept)
    return holed.text, [_place(node, after[node.mark], holed) for node in block.nodes]


def _part(text: str, place: Range) -> str:
    return text[place.start : place.end]


def _place(node: Node, place: Range, holed: Holed) -> Range:
    moved = holed.moved(place)
    if node.shape is Shape.ELEMENT:
        return holed.trimmed(moved)
    if node.shape is Shape.ATOM and holed.has(place):
        return moved
    return Range(moved.start, moved.start)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the nodes of a block and the text between them.

    Attributes:
        nodes: of the block.
        text: the translation; holes in it are not written.
        arranged: see ``arrange``.
        texts: for attributes.
        escape: see ``write_block``.
    """

    nodes: Sequence[Node]
    text: str
    arranged: dict[int, list[Placed]]
    texts: Sequence[str]
    escape: Escape

    def pieces(self) -> Iterator[str]:
        """All of it; elements may be nested in any number."""
        waiting: list[str | Placed] = [*self._inside(ROOT, Range(0, len(self.text)))][::-1]
        while waiting:
            piece = waiting.pop()
            if isinstance(piece, str):
                yield piece
            else:
                waiting += [*self._node(*piece)][::-1]

    def _node(self, index: int, place: Range) -> Iterator[str | Placed]:
        node = self.nodes[index]
        if node.apart[0] and self._is_word(place.start - 1):
            yield " "
        yield written(node.opening, self.texts)
        if node.shape is Shape.ELEMENT:
            yield from self._inside(index, place)
            yield written(node.closing, self.texts)
        if node.apart[1] and self._is_word(place.start):
            yield " "

    def _inside(self, index: int, place: Range) -> Iterator[str | Placed]:
        position = place.start
        for child in self.arranged.get(index, ()):
            yield self._text(position, child[1].start)
            yield child
            position = child[1].end
        yield self._text(position, place.end)

    def _text(self, start: int, end: int) -> str:
        return self.escape(self.text[start:end].replace(HOLE, ""))

    def _is_word(self, index: int) -> bool:
        return 0 <= index < len(self.text) and (self.text[index].isalnum() or self.text[index] == HOLE)
