"""Marks of a text moved onto its translation."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from service.text.annotated import Mark, Range
from service.text.units import Gaps, Unit


@dataclass(slots=True)
class _Node:
    """A mark and those within it."""

    mark: Mark
    inside: list[_Node] = field(default_factory=list)


def move_marks(marks: Sequence[Mark], row: Sequence[Unit], end: int) -> tuple[Mark, ...]:
    """``marks`` where the words that they are about went, in their order.

    A mark becomes the best run of units: each unit that came from it counts for it, each one that came from
    elsewhere against it, by their characters. It stays within the mark around it and apart from its siblings;
    the one with most to cover chooses first. A mark of which nothing is left is a point.

    A point goes where its neighbours went. On the edge of a mark it counts as outside of it.

    Args:
        marks: nested or disjoint, see ``AnnotatedText``.
        row: the units of the translation, in order; empty ones only tell points where an edge went.
        end: the translation's length.
    """
    moved: dict[int, Range] = {}
    pending = [(_forest(marks), 0, len(row), Range(0, end))]
    while pending:
        nodes, first, last, room = pending.pop()
        ranges = [node for node in nodes if node.mark.start < node.mark.end]
        windows = _windows([node.mark for node in ranges], row[first:last])
        level = _Level(row[first:last], room)
        for node, window in zip(ranges, windows, strict=True):
            if window is None:
                place = level.point(node.mark)
                low, high, moved[node.mark.id] = first, first, Range(place, place)
            else:
                low, high = first + window[0], first + window[1]
                moved[node.mark.id] = Range(row[low].target.start, row[high - 1].target.end)
            if node.inside:
                pending.append((node.inside, low, high, moved[node.mark.id]))
        level.settle([(node.mark, moved[node.mark.id]) for node in ranges])
        for node in nodes:
            if node.mark.start == node.mark.end:
                place = level.point(node.mark)
                moved[node.mark.id] = Range(place, place)
    return tuple(Mark(mark.id, moved[mark.id].start, moved[mark.id].end) for mark in marks)


def _forest(marks: Sequence[Mark]) -> list[_Node]:
    """``marks`` as trees, siblings in the order of the text."""
    roots: list[_Node] = []
    path: list[_Node] = []
    for mark in sorted(marks, key=lambda one: (one.start, -one.end)):
        while path and path[-1].mark.end <= mark.start and path[-1].mark.end < mark.end:
            path.pop()
        around = next((node for node in reversed(path) if _is_within(mark, node.mark)), None)
        node = _Node(mark)
        (around.inside if around else roots).append(node)
        if mark.start < mark.end:
            path.append(node)
    return roots


def _is_within(mark: Mark, other: Mark) -> bool:
    if mark.start == mark.end:
        return other.start < mark.start < other.end
    return other.start <= mark.start and mark.end <= other.end


def _windows(marks: Sequence[Mark], row: Sequence[Unit]) -> list[tuple[int, int] | None]:
    """For each of ``marks``, which are disjoint and in order, which units of ``row`` it gets."""
    owners = [_owner(marks, unit) for unit in row]
    own: list[list[int]] = [[] for _ in marks]
    for index, owner in enumerate(owners):
        if owner is not None and owner >= 0:
            own[owner].append(index)
    sizes = [sum(_size(row[index]) for index in indices) for indices in own]
    taken = [False] * len(row)
    windows: list[tuple[int, int] | None] = [None] * len(marks)
    for number in sorted(range(len(marks)), key=lambda number: -sizes[number]):
        window = _best_run(number, own[number], owners, taken, row)
        if window is not None:
            taken[window[0] : window[1]] = [True] * (window[1] - window[0])
            windows[number] = window
    return windows


def _owner(marks: Sequence[Mark], unit: Unit) -> int | None:
    """The mark that ``unit`` came from, -1 for none of them, None if it came from nowhere."""
    if unit.source is None or not _size(unit):
        return None
    first = max(0, bisect_right(marks, unit.source.start, key=lambda mark: mark.start) - 1)
    last = bisect_left(marks, unit.source.end, key=lambda mark: mark.start)
    overlaps = [
        (min(marks[number].end, unit.source.end) - max(marks[number].start, unit.source.start), -number)
        for number in range(first, last)
    ]
    best = max(overlaps, default=(0, 0))
    return -best[1] if best[0] > 0 else -1


def _best_run(
    number: int, own: Sequence[int], owners: Sequence[int | None], taken: Sequence[bool], row: Sequence[Unit]
) -> tuple[int, int] | None:
    """The units ``start .. end - 1`` that count most for the mark ``number``; None if none does."""
    best: tuple[int, int, int] | None = None
    score = start = 0
    for index in range(own[0], own[-1] + 1) if own else ():
        if taken[index]:
            score = 0
        elif owners[index] == number:
            start = index if score <= 0 else start
            score = max(0, score) + _size(row[index])
            if best is None or score > best[0]:
                best = score, start, index + 1
        elif owners[index] is not None:
            score -= _size(row[index])
    return best[1:] if best else None


def _size(unit: Unit) -> int:
    return unit.target.end - unit.target.start


class _Level:
    """Knows where marks without characters belong: within ``room``, and within none of their siblings.

    Args:
        row: the units in ``room``.
        room: a part of the translation.
    """

    def __init__(self, row: Sequence[Unit], room: Range) -> None:
        self._gaps = Gaps(row, room.end)
        self._room = room
        self._edges: dict[int, int] = {}
        self._siblings: list[tuple[int, int, int]] = []

    def settle(self, siblings: Sequence[tuple[Mark, Range]]) -> None:
        """These marks, which have characters, are in these places from now on."""
        for mark, place in siblings:
            self._edges.setdefault(mark.end, place.end)
        for mark, place in siblings:
            self._edges.setdefault(mark.start, place.start)
        self._siblings = sorted((place.start, place.end, mark.start) for mark, place in siblings)

    def point(self, mark: Mark) -> int:
        """The place of ``mark``: on the edge of a sibling if it was there, else between its neighbours."""
        if mark.start in self._edges:
            return self._edges[mark.start]
        place = self._gaps.place(Range(mark.start, mark.end))
        before = bisect_left(self._siblings, (place,)) - 1
        if before >= 0:
            start, end, origin = self._siblings[before]
            if place < end:
                place = start if mark.start <= origin else end
        return min(max(place, self._room.start), self._room.end)
