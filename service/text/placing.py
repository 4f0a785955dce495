"""Where the annotations of a text are in its translation."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from service.text.annotated import (
    AnnotatedText,
    AnnotatedTranslation,
    Mark,
    PlacedSpan,
    Placement,
    Range,
    merged,
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a text and what it has become.

    Attributes:
        source: the part, never empty.
        target: its translation.
        copied: both are the same, character for character.
    """

    source: str
    target: str
    copied: bool


def place(text: AnnotatedText, stretches: Sequence[Stretch]) -> AnnotatedTranslation:
    """The translation of ``text`` with its marks in proportional places.

    Args:
        text: each of its protected ranges is within stretches that are copied.
        stretches: in order; the join of their sources is the text.
    """
    sources = list(accumulate((len(one.source) for one in stretches), initial=0))
    targets = list(accumulate((len(one.target) for one in stretches), initial=0))

    def moved(offset: int) -> int:
        index = bisect_right(sources, offset) - 1
        if index == len(stretches):
            return targets[-1]
        return targets[index] + _within(stretches[index], offset - sources[index])

    spans = [
        PlacedSpan(one, Range(moved(one.start), moved(one.start) + one.end - one.start), Placement.NETWORK)
        for one in merged(text.protected)
    ]
    return AnnotatedTranslation(
        "".join([one.target for one in stretches]),
        tuple(Mark(mark.id, moved(mark.start), moved(mark.end)) for mark in text.marks),
        tuple(spans),
    )


def _within(stretch: Stretch, offset: int) -> int:
    """An offset in ``stretch.target``, at the edge of a word unless the stretch is copied."""
    if stretch.copied or offset == 0:
        return offset
    place = offset * len(stretch.target) // len(stretch.source)
    start = stretch.target.rfind(" ", 0, place + 1) + 1
    end = stretch.target.find(" ", place)
    end = len(stretch.target) if end < 0 else end
    return start if place - start <= end - place else end
