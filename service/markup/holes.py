"""A translation in which each untouched element is one character, so that nothing can cut it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate

from service.text.annotated import Range

HOLE = "\x00"
"""The character; no document's text has it."""
_SPACES = re.compile(r"\s+")


class Holed:
    """``text`` with ``holes`` as one character each, and offsets in it.

    Args:
        text: a translation.
        holes: not empty; one that overlaps another is none.

    Attributes:
        text: with ``HOLE`` for each.
    """

    def __init__(self, text: str, holes: Iterable[Range]) -> None:
        self._holes = _apart(holes)
        self._starts = [hole.start for hole in self._holes]
        self._removed = list(accumulate((hole.end - hole.start - 1 for hole in self._holes), initial=0))
        self.text = _with_holes(text.replace(HOLE, "\N{REPLACEMENT CHARACTER}"), self._holes)
        spaces = [found.span() for found in _SPACES.finditer(self.text)]
        self._space_starts = [start for start, _ in spaces]
        self._space_ends = [end for _, end in spaces]

    def has(self, hole: Range) -> bool:
        """Whether ``hole`` is one of the holes."""
        index = bisect_right(self._starts, hole.start) - 1
        return index >= 0 and self._holes[index] == hole

    def moved(self, place: Range) -> Range:
        """``place``, a range of the original text, in ``self.text``."""
        start = self._offset(place.start)
        return Range(start, max(start, self._offset(place.end)))

    def trimmed(self, place: Range) -> Range:
        """``place``, a range of ``self.text``, without white space at its ends."""
        start, end = place.start, place.end
        index = bisect_right(self._space_starts, start) - 1
        if index >= 0 and start < self._space_ends[index]:
            start = self._space_ends[index]
        index = bisect_right(self._space_starts, end - 1) - 1
        if index >= 0 and end <= self._space_ends[index]:
            end = self._space_starts[index]
        return Range(start, end) if start < end else Range(place.start, place.start)

    def _offset(self, offset: int) -> int:
        index = bisect_right(self._starts, offset) - 1
        if index < 0:
            return offset
        hole, removed = self._holes[index], self._removed[index]
        if offset == hole.start:
            return offset - removed
        return max(offset, hole.end) - self._removed[index + 1]


def _apart(ranges: Iterable[Range]) -> list[Range]:
    found: list[Range] = []
    for one in sorted(ranges):
        if not found or found[-1].end <= one.start:
            found.append(one)
    return found


def _with_holes(text: str, holes: Iterable[Range]) -> str:
    parts = []
    position = 0
    for hole in holes:
        parts += [text[position : hole.start], HOLE]
        position = hole.end
    return "".join([*parts, text[position:]])
