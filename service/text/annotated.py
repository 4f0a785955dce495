"""Text with what must survive its translation, and the translation with it.

Offsets are code points of the text as it was given, ``start`` included, ``end`` not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from service.text.link import Link


@dataclass(frozen=True, slots=True, order=True)
class Range:
    """The characters ``start .. end - 1`` of a text; none if both are equal."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A range that has a counterpart in the translation, such as an inline element of HTML.

    Attributes:
        id: tells it from the other marks of its text.
        start: its first character.
        end: the one after its last; ``start`` for a point between two characters.
    """

    id: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class AnnotatedText:
    """A text to translate.

    Attributes:
        text: any Unicode text without lone surrogates.
        protected: what comes out exactly as it went in, besides what is found by its look (addresses,
            placeholders, emoji, ...); in any order, none of them empty.
        marks: what is to be projected onto the translation. Any two of them are disjoint, or one is within
            the other; marks with the same range are nested in their order, the outer one first.

    Raises:
        ValueError: a range is not within the text, a protected one is empty, or two marks have one id.
    """

    text: str
    protected: tuple[Range, ...] = ()
    marks: tuple[Mark, ...] = ()

    def __post_init__(self) -> None:
        for one in [*self.protected, *[Range(mark.start, mark.end) for mark in self.marks]]:
            if not 0 <= one.start <= one.end <= len(self.text):
                raise ValueError(f"{one} is not within a text of {len(self.text)} characters")
        if empty := [one for one in self.protected if one.start == one.end]:
            raise ValueError(f"{empty[0]} is protected, but empty")
        if len({mark.id for mark in self.marks}) < len(self.marks):
            raise ValueError("two marks have the same id")


def plain(texts: Iterable[str]) -> tuple[AnnotatedText, ...]:
    """Texts without annotations."""
    return tuple(AnnotatedText(text) for text in texts)


class Placement(Enum):
    """How a protected span came to its place in a translation.

    Attributes:
        NETWORK: the network put it there, or it stands between sentences, where nothing moves.
        ALIGNMENT: declared fallback: it replaces what the network had written for it, or stands between the
            words that the attention connects with its neighbours.
        PROPORTION: declared fallback: as far into the sentence as it was before.
    """

    NETWORK = "network"
    ALIGNMENT = "alignment"
    PROPORTION = "proportion"


@dataclass(frozen=True, slots=True)
class PlacedSpan:
    """A protected span and where it went.

    Attributes:
        source: where it was in the text.
        target: where it is in the translation; the characters are the same.
        placement: how it got there.
    """

    source: Range
    target: Range
    placement: Placement


@dataclass(frozen=True, slots=True)
class AlignedPart:
    """A sentence, or a part of one, and its translation.

    Attributes:
        source: where it is in the text.
        target: where its translation is.
        links: between words of the two, by offsets in the whole text and in the whole translation.
    """

    source: Range
    target: Range
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class AnnotatedTranslation:
    """A translation with the annotations of its text.

    Attributes:
        text: the translation.
        marks: those of the text, in their order, each exactly once: disjoint ones are still disjoint, and
            one that was within another still is.
        spans: the protected spans, in the order of the text.
        parts: what was translated of the text, in order, where that was asked for.
    """

    text: str
    marks: tuple[Mark, ...] = ()
    spans: tuple[PlacedSpan, ...] = ()
    parts: tuple[AlignedPart, ...] = ()

    @property
    def fallbacks(self) -> tuple[PlacedSpan, ...]:
        """The spans that the network did not place."""
        return tuple(span for span in self.spans if span.placement is not Placement.NETWORK)


def unchanged(text: AnnotatedText) -> AnnotatedTranslation:
    """``text`` as its own translation."""
    spans = [PlacedSpan(one, one, Placement.NETWORK) for one in merged(text.protected)]
    return AnnotatedTranslation(text.text, text.marks, tuple(spans))


def merged(ranges: Sequence[Range]) -> list[Range]:
    """``ranges`` sorted, with those that overlap joined; ones that merely touch stay apart."""
    result: list[Range] = []
    for one in sorted(ranges):
        if result and one.start < result[-1].end:
            result[-1] = Range(result[-1].start, max(result[-1].end, one.end))
        else:
            result.append(one)
    return result
