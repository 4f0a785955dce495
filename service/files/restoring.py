"""The tree of a text, around the text's translation."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from service.files.inline import Fixed, Node, Soft, Tag, flatten
from service.text.annotated import AnnotatedTranslation, PlacedSpan, Range

WHITE_EDGES = re.compile(r"(\s*)(.*?)(\s*)", re.DOTALL)
"""White space around a text, for ``split_edges``."""


def restore(nodes: Sequence[Node], translation: AnnotatedTranslation) -> tuple[Node, ...]:
    """The tree ``nodes``, around ``translation`` of ``annotate(nodes)``.

    Every tag is there once, in its parent, and no two overlap: where the translation's marks do, the later
    one in the text gives way. White space at the ends of what is inside is put outside. Fixed text is never
    cut. A soft break takes the nearest space; where there is none left, it goes away.
    """
    return _Restoring(nodes, translation).run()


@dataclass(frozen=True, slots=True)
class _Placed:
    """A tag with its place in the translation."""

    number: int
    key: int
    start: int
    end: int
    children: list[_Placed]


class _Restoring:
    """One ``restore``.

    Atoms are what is no text and cannot be cut: fixed parts and soft breaks, none overlapping another.
    """

    def __init__(self, nodes: Sequence[Node], translation: AnnotatedTranslation) -> None:
        self._nodes = nodes
        self._text = translation.text
        self._ranges = {mark.id: (mark.start, mark.end) for mark in translation.marks}
        flat = flatten(nodes)
        fixed = _place_fixed(flat.fixed, translation)
        soft = self._place_soft([(self._ranges[mark][0], node) for mark, node in flat.soft], fixed)
        self._atoms: list[tuple[int, Fixed | Soft]] = sorted([*fixed, *soft], key=lambda atom: atom[0])
        self._starts = [start for start, _ in self._atoms]

    def run(self) -> tuple[Node, ...]:
        return self._build(self._place_tags(self._nodes, count()), 0, len(self._text))

    def _place_soft(
        self, wanted: Sequence[tuple[int, Soft]], fixed: Sequence[tuple[int, Fixed]]
    ) -> Iterator[tuple[int, Soft]]:
        """A space for each soft break, in their order."""
        spaces = _spaces(self._text, fixed)
        first = 0
        for place, node in wanted:
            right = max(first, bisect_left(spaces, place))
            near = [index for index in (right - 1, right) if first <= index < len(spaces)]
            if not near:
                return
            best = min(near, key=lambda index: abs(spaces[index] - place))
            yield spaces[best], node
            first = best + 1

    def _place_tags(self, nodes: Iterable[Node], numbers: Iterator[int]) -> list[_Placed]:
        placed: list[_Placed] = []
        for node in nodes:
            if isinstance(node, Soft):
                next(numbers)
            elif isinstance(node, Tag):
                number = next(numbers)
                start, end = map(self._outside_atoms, self._ranges[number])
                children = self._place_tags(node.children, numbers)
                placed.append(_Placed(number, node.key, start, end, children))
        return placed

    def _outside_atoms(self, place: int) -> int:
        """``place``, or the beginning of the atom that it is within."""
        index = bisect_left(self._starts, place) - 1
        if index >= 0 and place < self._starts[index] + _length(self._atoms[index][1]):
            return self._starts[index]
        return place

    def _build(self, tags: list[_Placed], start: int, end: int) -> tuple[Node, ...]:
        nodes: list[Node] = []
        position = start
        for tag in sorted(tags, key=lambda tag: (tag.start, tag.number)):
            begin = min(max(tag.start, position), end)
            stop = min(max(tag.end, begin), end)
            nodes += self._pieces(position, begin)
            before, children, after = split_edges(self._build(tag.children, begin, stop), WHITE_EDGES)
            nodes += [*before, Tag(tag.key, children), *after]
            position = stop
        return (*nodes, *self._pieces(position, end))

    def _pieces(self, start: int, end: int) -> Iterator[Node]:
        """What is between two places, neither of which is within an atom."""
        position = start
        for index in range(bisect_left(self._starts, start), len(self._atoms)):
            begin, node = self._atoms[index]
            if begin >= end:
                break
            if begin > position:
                yield self._text[position:begin]
            yield node
            position = begin + _length(node)
        if end > position:
            yield self._text[position:end]


def _length(atom: Fixed | Soft) -> int:
    return len(atom.text) if isinstance(atom, Fixed) else 1


def _place_fixed(
    fixed: Sequence[tuple[Range, Fixed]], translation: AnnotatedTranslation
) -> list[tuple[int, Fixed]]:
    """Where fixed parts begin in the translation; they may be parts of longer protected spans."""
    spans: list[PlacedSpan] = sorted(translation.spans, key=lambda span: span.source)
    starts = [span.source.start for span in spans]
    placed: list[tuple[int, Fixed]] = []
    for source, node in fixed:
        span = spans[bisect_left(starts, source.start + 1) - 1]
        placed.append((span.target.start + source.start - span.source.start, node))
    return placed


def _spaces(text: str, fixed: Sequence[tuple[int, Fixed]]) -> list[int]:
    """Where there are spaces, other than in fixed parts."""
    free = bytearray(character == " " for character in text)
    for start, node in fixed:
        free[start : start + len(node.text)] = bytes(len(node.text))
    return [place for place, is_free in enumerate(free) if is_free]


def split_edges(
    nodes: Sequence[Node], edges: re.Pattern[str]
) -> tuple[list[Node], tuple[Node, ...], list[Node]]:
    """What matches ``edges`` at both ends of an element's text, and what is between.

    Args:
        nodes: the element's children.
        edges: three groups: an end, what is between, the other end; matches every text.
    """
    inner = list(nodes)
    before: list[Node] = []
    after: list[Node] = []
    if inner and isinstance(inner[0], str) and (found := edges.fullmatch(inner[0])):
        text = inner[0][found.end(1) :]
        before = [found.group(1)] if found.group(1) else []
        inner[:1] = [text] if text else []
    if inner and isinstance(inner[-1], str) and (found := edges.fullmatch(inner[-1])):
        text = inner[-1][: found.start(3)]
        after = [found.group(3)] if found.group(3) else []
        inner[-1:] = [text] if text else []
    while inner and isinstance(inner[0], Soft):
        before.append(inner.pop(0))
    while inner and isinstance(inner[-1], Soft):
        after.insert(0, inner.pop())
    return before, tuple(inner), after
