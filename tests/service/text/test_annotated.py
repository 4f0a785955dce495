"""The values that carry annotations."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.text.annotated import AnnotatedText, Mark, Range, merged, plain, unchanged

RANGES = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 8)).map(lambda pair: Range(pair[0], sum(pair)))
)


@pytest.mark.parametrize(
    ("protected", "marks", "message"),
    [
        ((Range(2, 6),), (), r"Range\(start=2, end=6\) is not within a text of 5 characters"),
        ((Range(-1, 2),), (), "is not within"),
        ((Range(3, 2),), (), "is not within"),
        ((), (Mark(1, 0, 6),), "is not within"),
        ((Range(2, 2),), (), "protected, but empty"),
        ((), (Mark(1, 0, 2), Mark(1, 3, 4)), "two marks have the same id"),
    ],
)
def test_annotations_that_make_no_sense_are_refused(
    protected: tuple[Range, ...], marks: tuple[Mark, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        AnnotatedText("abcde", protected, marks)


def test_annotations_may_touch_the_ends() -> None:
    text = AnnotatedText("abcde", (Range(0, 5),), (Mark(1, 0, 0), Mark(2, 5, 5), Mark(3, 0, 5)))
    assert (unchanged(text).text, unchanged(text).marks) == ("abcde", text.marks)
    assert [(span.source, span.target) for span in unchanged(text).spans] == [(Range(0, 5), Range(0, 5))]


def test_strings_have_no_annotations() -> None:
    assert plain(["a", ""]) == (AnnotatedText("a"), AnnotatedText(""))


@given(RANGES)
def test_merging_covers_the_same_characters_without_overlap(ranges: list[Range]) -> None:
    joined = merged(ranges)
    assert {i for one in joined for i in range(one.start, one.end)} == {
        i for one in ranges for i in range(one.start, one.end)
    }
    assert all(left.end <= right.start for left, right in pairwise(joined))


def test_ranges_that_touch_stay_apart() -> None:
    assert merged([Range(3, 5), Range(0, 3), Range(1, 2)]) == [Range(0, 3), Range(3, 5)]
