"""Gaps between units, against looking at each of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.text.annotated import Range
from service.text.units import Gaps, Unit

SOURCES = st.none() | st.tuples(st.integers(0, 9), st.integers(0, 3)).map(lambda one: Range(one[0], sum(one)))


def slow_place(source: Range, row: list[Unit], end: int, before: bool) -> int:
    known = [(unit.source, unit.target) for unit in row if unit.source is not None]
    left = [(origin.end, target.end) for origin, target in known if origin.end <= source.start]
    right = [(origin.start, target.start) for origin, target in known if origin.start >= source.end]
    if right and (before or not left):
        return min(right)[1]
    return max(left)[1] if left else end


@given(st.lists(SOURCES, max_size=8), st.integers(0, 12), st.integers(0, 3), st.booleans())
def test_gaps(sources: list[Range | None], start: int, length: int, before: bool) -> None:
    row = [Unit(Range(2 * at, 2 * at + 1), one, spelt=True) for at, one in enumerate(sources)]
    end = 2 * len(row)
    source = Range(start, start + length)
    assert Gaps(row, end).place(source, before=before) == slow_place(source, row, end, before)
