"""A paragraph's content, gathered from a tree, as nodes: elements around text, at points, or as fixed text.

A level is the content of one element: of the paragraph, of a link in it, and so on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from service.files.inline import Fixed, Node, Tag


@dataclass(slots=True)
class _Level:
    """What is open.

    Attributes:
        kind: what must close it; empty for what ends with its element.
        key: of its tag.
        nodes: what is in it so far.
    """

    kind: str
    key: int
    nodes: list[Node] = field(default_factory=list)


class Gathering:
    """Builds the nodes of a paragraph, and keeps what each key stands for.

    Attributes:
        things: by key; of whatever type the format uses.
    """

    def __init__(self) -> None:
        self.things: list[Any] = []
        self._levels = [_Level("", -1)]

    def nodes(self) -> tuple[Node, ...]:
        """All of it, once everything that was opened is closed."""
        while len(self._levels) > 1:
            self._dissolve()
        return tuple(self._levels[0].nodes)

    def key(self, thing: object) -> int:
        """A new key, for ``thing``."""
        self.things.append(thing)
        return len(self.things) - 1

    def text(self, text: str) -> None:
        """Text to translate."""
        if text:
            self._levels[-1].nodes.append(text)

    def styled(self, style: int, text: str) -> None:
        """Text to translate with the style of a key; joins such text before it."""
        nodes = self._levels[-1].nodes
        before = nodes[-1] if nodes else None
        if isinstance(before, Tag) and before.key == style:
            nodes[-1] = Tag(style, (*before.children, text))
        elif text:
            nodes.append(Tag(style, (text,)))

    def point(self, thing: object) -> None:
        """Something without text."""
        self._levels[-1].nodes.append(Tag(self.key(thing)))

    def fixed(self, thing: object, text: str) -> None:
        """Something with text that stays."""
        key = self.key(thing)
        self._levels[-1].nodes.append(Fixed(text, key) if text else Tag(key))

    def open(self, thing: object, kind: str = "") -> None:
        """An element, or a pair of points called ``kind``, begins."""
        self._levels.append(_Level(kind, self.key(thing)))

    def close(self) -> None:
        """The element ends, and so does the text between points that have no counterpart in it."""
        while self._levels[-1].kind:
            self._dissolve()
        self._wrap()

    def close_pair(self, kind: str, thing: object) -> None:
        """The counterpart of a point: around what is between them, or a point where they do not nest."""
        level = self._levels[-1]
        if level.kind == kind:
            self.things[level.key] = (self.things[level.key], thing)
            self._wrap()
        else:
            self.point(thing)

    def _wrap(self) -> None:
        level = self._levels.pop()
        self._levels[-1].nodes.append(Tag(level.key, tuple(level.nodes)))

    def _dissolve(self) -> None:
        """A point that has no counterpart stands alone."""
        level = self._levels.pop()
        self._levels[-1].nodes += [Tag(level.key), *level.nodes]


def most_common_style(nodes: Sequence[Node], styles: frozenset[int]) -> int | None:
    """Of the tags on this level that are ``styles``, the one with most text."""
    lengths: dict[int, int] = {}
    for node in nodes:
        if isinstance(node, Tag) and node.key in styles:
            length = sum(len(child) for child in node.children if isinstance(child, str))
            lengths[node.key] = lengths.get(node.key, 0) + length
    return max(lengths, key=lengths.__getitem__, default=None)
