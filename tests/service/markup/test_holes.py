"""Offsets in a text with holes, against counting."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from service.markup.holes import HOLE, Holed
from service.text.annotated import Range

LENGTH = 12
OFFSETS = st.integers(0, LENGTH)
RANGES = st.tuples(OFFSETS, OFFSETS).filter(lambda one: one[0] < one[1]).map(lambda one: Range(*one))


@given(st.lists(RANGES, max_size=4), OFFSETS, OFFSETS)
def test_each_hole_is_one_character(wanted: list[Range], first: int, second: int) -> None:
    text = "abcdefghijkl"
    holed = Holed(text, wanted)
    holes = [one for one in dict.fromkeys(sorted(wanted)) if holed.has(one)]
    assert all(left.end <= right.start for left, right in pairwise(holes))
    within = {place for hole in holes for place in range(hole.start + 1, hole.end)}
    starts = {hole.start for hole in holes}
    kept = [HOLE if place in starts else text[place] for place in range(LENGTH) if place not in within]
    assert holed.text == "".join(kept)
    start, end = sorted((first, second))
    moved = holed.moved(Range(start, end))
    assert moved.start == len([place for place in range(start) if place not in within])
    assert moved.end == max(moved.start, len([place for place in range(end) if place not in within]))


def test_white_space_is_trimmed() -> None:
    holed = Holed("  a  b ", ())
    assert holed.trimmed(Range(0, 7)) == Range(2, 6)
    assert holed.trimmed(Range(3, 6)) == Range(5, 6)
    assert holed.trimmed(Range(3, 5)) == Range(3, 3)
    assert holed.trimmed(Range(2, 3)) == Range(2, 3)
