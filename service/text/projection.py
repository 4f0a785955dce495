"""Where ranges of a source text are in its translation, given the links between their words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from service.text.annotated import Range
from service.text.link import Link


def project(ranges: Sequence[Range], links: Sequence[Link], target_length: int) -> list[Range]:
    """One place in the translation for each of ``ranges``, in their order.

    A range gets the run of target words that has the most words linked with it and the fewest linked with
    something else; where there are none it is a point, next to what its neighbours became. An empty range is
    a point as well; on the edge of another range it stays there. Disjoint ranges stay disjoint, and one
    within another stays within it.

    Args:
        ranges: of the source text; any two are disjoint, or one is within the other. Of equal ones the
            first is the outer one.
        links: between source and translation.
        target_length: characters of the translation.
    """
    nodes = [_Node(one) for one in ranges]
    root = _Node(Range(-1, max([0, *(link.source_end for link in links), *(one.end for one in ranges)]) + 1))
    _nest(root, nodes)
    root.place = Range(0, target_length)
    pending = [root]
    while pending:  # no recursion: markup may be nested deeply
        node = pending.pop()
        _place_children(node, links)
        pending += node.children
    return [node.found for node in nodes]


@dataclass(eq=False, slots=True)
class _Node:
    """A source range, the ranges within it, and its place."""

    source: Range
    children: list[_Node] = field(default_factory=list)
    place: Range | None = None

    @property
    def found(self) -> Range:
        assert self.place is not None  # noqa: S101 - parents are placed before their children
        return self.place

    def holds(self, link: Link) -> bool:
        """Whether the link's source word has a character in the range."""
        return link.source_start < self.source.end and self.source.start < link.source_end


def _nest(root: _Node, nodes: Sequence[_Node]) -> None:
    """Hang each of ``nodes`` below the smallest one around it."""
    around = [root]
    for node in sorted(nodes, key=lambda one: (one.source.start, -one.source.end)):
        while not _within(node.source, around[-1].source):
            around.pop()
        around[-1].children.append(node)
        around.append(node)


def _within(inner: Range, outer: Range) -> bool:
    """Whether ``inner`` is part of ``outer``; so is a point on its edge, which will be on the edge again."""
    return outer.start <= inner.start and inner.end <= outer.end


def _place_children(parent: _Node, links: Sequence[Link]) -> None:
    """Place the surest first; what finds no words goes next to its neighbours."""
    window = parent.found
    inside = [
        link
        for link in links
        if parent.holds(link) and window.start <= link.target_start and link.target_end <= window.end
    ]
    runs = {child: _best_run(child, inside, []) for child in parent.children}
    taken: list[tuple[_Node, Range]] = []
    for child in sorted(parent.children, key=lambda one: -runs[one][0]):
        run = _best_run(child, inside, [place for _, place in taken])[1]
        if run is not None:
            everything = len(parent.children) == 1 and all(child.holds(link) for link in inside)
            child.place = window if everything else run
            taken.append((child, child.place))
    for child in parent.children:
        if child.place is None:
            point = _outside(_point(child, inside, window), child, taken)
            child.place = Range(point, point)


def _best_run(node: _Node, links: Sequence[Link], taken: Sequence[Range]) -> tuple[float, Range | None]:
    """The run of target words with the highest sum of gains, and that sum; none that is positive: None.

    A word's gain is how much of its links' weight is with the range, less the rest: from -1 to 1. No run
    touches what is ``taken``.
    """
    best: tuple[float, Range | None] = (0.0, None)
    total, start = 0.0, 0
    for word, gain in _gains(node, links):
        if any(word.start < other.end and other.start < word.end for other in taken):
            total = 0.0
            continue
        if total <= 0.0:
            total, start = 0.0, word.start
        total += gain
        if total > best[0]:
            best = total, Range(start, word.end)
    return best


def _gains(node: _Node, links: Sequence[Link]) -> list[tuple[Range, float]]:
    """Target words in order, and what each would add."""
    if node.source.start == node.source.end:
        return []
    sums: dict[Range, list[float]] = {}
    for link in links:
        both = sums.setdefault(Range(link.target_start, link.target_end), [0.0, 0.0])
        both[node.holds(link)] += link.weight
    return [(word, (on - off) / (on + off)) for word, (off, on) in sorted(sums.items())]


def _point(node: _Node, links: Sequence[Link], window: Range) -> int:
    """The point next to the word that stands before or after the range, in the translation.

    It is the one that touches the range, if one does; the one before, if both do or neither does.
    """
    before = [link for link in links if link.source_end <= node.source.start]
    after = [link for link in links if link.source_start >= node.source.end]
    if not before:
        return window.start
    if not after:
        return window.end
    left = max(before, key=lambda link: (link.source_end, link.weight))
    right = min(after, key=lambda link: (link.source_start, -link.weight))
    if right.source_start == node.source.end and left.source_end < node.source.start:
        return right.target_start
    return left.target_end


def _outside(point: int, node: _Node, taken: Sequence[tuple[_Node, Range]]) -> int:
    """``point``, moved out of the other range that it is in, to the side where it was in the source."""
    for other, place in taken:
        if place.start < point < place.end:
            return place.start if node.source.end <= other.source.start else place.end
    return point
