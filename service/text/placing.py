"""The parts of a translated text put together, and where its annotations are in it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from service.text.alignment import Link
from service.text.annotated import (
    AnnotatedText,
    AnnotatedTranslation,
    PlacedSpan,
    Placement,
    Range,
)
from service.text.marking import move_marks
from service.text.masking import BLOCK, SENTINEL, MaskedText
from service.text.rewriting import Edit, Rewriting, rewrite
from service.text.units import Unit, proportional, units

_STAND_IN = re.compile(f"{SENTINEL.pattern}|{BLOCK}")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a masked text and what it has become.

    Attributes:
        source: the part, never empty.
        target: its translation, with the same sentinels.
        placements: how each sentinel got to its place; empty for what is copied.
        links: between the two; none if nothing is known.
        copied: both are the same, character for character.
    """

    source: str
    target: str
    placements: Mapping[str, Placement]
    links: tuple[Link, ...] = ()
    copied: bool = False


def copied(text: str) -> Stretch:
    """A part that is its own translation."""
    return Stretch(text, text, {}, copied=True)


def place(text: AnnotatedText, masked: MaskedText, stretches: Sequence[Stretch]) -> AnnotatedTranslation:
    """The translation of ``text`` with its protected spans and its marks.

    Args:
        text: what was translated.
        masked: its masked form.
        stretches: in order; the join of their sources is ``masked.text``, but for parts of it.
    """
    assembly = _Assembly(text, masked)
    for stretch in stretches:
        assembly.add(stretch)
    return assembly.result()


class _Assembly:
    """A translation that grows by stretches.

    Args:
        text: what is translated.
        masked: its masked form.
    """

    def __init__(self, text: AnnotatedText, masked: MaskedText) -> None:
        self._text = text
        self._masked = masked
        self._blocks = iter([span for span in masked.spans if span.kind is Kind.BLOCK])
        self._edges = sorted({edge for mark in text.marks for edge in (mark.start, mark.end)})
        self._parts: list[str] = []
        self._spans: list[PlacedSpan] = []
        self._row: list[Unit] = []
        self._read = 0
        self._written = 0

    def add(self, stretch: Stretch) -> None:
        """Put ``stretch`` behind what is there."""
        shown = self._unmasked(stretch)
        if self._text.marks:
            self._row += self._units(stretch, shown)
        self._parts.append(shown.after)
        self._read += len(stretch.source)
        self._written += len(shown.after)

    def result(self) -> AnnotatedTranslation:
        """All of it."""
        marks = move_marks(self._text.marks, self._row, self._written)
        spans = sorted(self._spans, key=lambda span: span.source)
        return AnnotatedTranslation("".join(self._parts), marks, tuple(spans))
