"""Ranges are projected to one place each, and stay apart or within each other as they were."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.text.annotated import Range
from service.text.link import Link
from service.text.projection import project

SLOT = 3
"""Words have two characters and a space."""


def link(source: int, target: int, weight: float = 0.5) -> Link:
    """Between the words of these numbers."""
    return Link(SLOT * source, SLOT * source + 2, SLOT * target, SLOT * target + 2, weight)


def words(first: int, last: int) -> Range:
    """From the beginning of one word to the end of another."""
    return Range(SLOT * first, SLOT * last + 2)


@st.composite
def laminar(draw: st.DrawFn) -> list[Range]:
    """Ranges within 0..20 of which any two are disjoint or nested."""
    found: list[Range] = []
    for _ in range(draw(st.integers(0, 8))):
        start = draw(st.integers(0, 20))
        candidate = Range(start, draw(st.integers(start, 20)))
        if all(apart(candidate, one) or within(candidate, one) or within(one, candidate) for one in found):
            found.append(candidate)
    return draw(st.permutations(found))


def apart(one: Range, other: Range) -> bool:
    return one.end <= other.start or other.end <= one.start


def within(inner: Range, outer: Range) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def between_two(point: Range, ranges: list[Range]) -> bool:
    """Whether it is on the edge of two ranges that touch there: it can stay with one of them only."""
    ends = any(one.start < one.end == point.start for one in ranges)
    return point.start == point.end and ends and any(point.end == one.start < one.end for one in ranges)


LINKS = st.lists(
    st.builds(link, st.integers(0, 6), st.integers(0, 6), st.sampled_from([0.1, 0.3, 0.5, 0.9])), max_size=10
)


@settings(max_examples=500)
@given(ranges=laminar(), links=LINKS, slack=st.integers(0, 5))
def test_every_range_has_one_place_and_the_order_of_nesting_is_kept(
    ranges: list[Range], links: list[Link], slack: int
) -> None:
    length = max((one.target_end for one in links), default=0) + slack
    places = project(ranges, links, length)
    assert len(places) == len(ranges)
    assert all(0 <= place.start <= place.end <= length for place in places)
    for (one, place), (other, other_place) in itertools.permutations(zip(ranges, places, strict=True), 2):
        if within(one, other) and one != other:
            assert within(place, other_place) or between_two(one, ranges)
        elif within(other, one) and one != other:
            continue  # the other way round
        elif one == other:
            assert within(other_place, place) or within(place, other_place)
        else:
            assert apart(place, other_place)


@settings(max_examples=300)
@given(first=st.integers(0, 6), last=st.integers(0, 6), links=LINKS)
def test_one_range_gets_the_best_run_there_is(first: int, last: int, links: list[Link]) -> None:
    chosen = words(min(first, last), max(first, last))
    [place] = project([chosen], links, 21)

    def gain(word: int) -> float:
        own = [one for one in links if one.target_start == SLOT * word]
        total = sum(one.weight for one in own)
        on = sum(one.weight for one in own if chosen.start <= one.source_start < chosen.end)
        return (2 * on - total) / total if own else 0.0

    runs = [(a, b) for a in range(7) for b in range(a, 7)]
    best = max(sum(gain(word) for word in range(a, b + 1)) for a, b in runs)
    if all(chosen.start <= one.source_start < chosen.end for one in links) and best > 0:
        assert place == Range(0, 21)
    elif best > 1e-9:
        run = range(place.start // SLOT, (place.end + SLOT) // SLOT)
        assert sum(map(gain, run)) == pytest.approx(best)
    else:
        assert place.start == place.end


MONOTONE = [link(number, number) for number in range(5)]


@pytest.mark.parametrize(
    ("ranges", "links", "places"),
    [
        ([words(1, 2)], MONOTONE, [words(1, 2)]),
        ([words(0, 1), words(2, 4)], MONOTONE, [words(0, 1), words(2, 4)]),
        ([words(0, 0)], [link(0, 2), link(1, 0), link(2, 1)], [words(2, 2)]),  # it moves
        ([words(1, 1)], [link(0, 0), link(1, 1), link(2, 2), link(1, 3)], [words(1, 1)]),  # not over another
        ([words(1, 1)], [link(0, 0), link(1, 1), link(1, 3), link(2, 4)], [words(1, 3)]),  # but over nobody
        ([words(0, 3), words(1, 1)], [link(0, 3), link(1, 2), link(4, 0)], [words(2, 3), words(2, 2)]),
        ([words(1, 1), words(1, 1)], MONOTONE, [words(1, 1), words(1, 1)]),
        ([words(0, 4)], MONOTONE, [Range(0, 17)]),  # all of it, with what has no link at the end
        ([Range(4, 5)], MONOTONE, [words(1, 1)]),  # half a word is the word
    ],
)
def test_ranges_follow_their_words(ranges: list[Range], links: list[Link], places: list[Range]) -> None:
    assert project(ranges, links, 17) == places


@pytest.mark.parametrize(
    ("point", "links", "place"),
    [
        (0, MONOTONE, 0),
        (14, MONOTONE, 17),
        (5, MONOTONE, 5),  # touches the word before
        (6, MONOTONE, 6),  # touches the word after
        (5, [link(0, 2), link(1, 0), link(2, 1)], 2),
        (6, [link(0, 2), link(1, 0), link(2, 1)], 3),
        (3, [], 0),
    ],
)
def test_points_stay_with_the_word_they_touch(point: int, links: list[Link], place: int) -> None:
    assert project([Range(point, point)], links, 17) == [Range(place, place)]


def test_a_word_that_disappears_leaves_a_point_between_its_neighbours() -> None:
    links = [link(0, 0), link(2, 1), link(3, 2)]
    assert project([words(1, 1)], links, 8) == [Range(2, 2)]


def test_points_on_an_edge_stay_on_it() -> None:
    links = [link(0, 3), link(1, 0), link(2, 1), link(3, 2)]
    found = project([words(1, 2), Range(3, 3), Range(8, 8)], links, 11)
    assert found == [Range(0, 5), Range(0, 0), Range(5, 5)]


def test_deep_nesting_is_no_recursion() -> None:
    found = project([words(1, 2)] * 5000, MONOTONE, 14)
    assert found == [words(1, 2)] * 5000
