"""The parts of a translated text put together, and where its annotations are in it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from service.text.annotated import AlignedPart, AnnotatedTranslation, Mark, PlacedSpan, Placement, Range
from service.text.link import Link
from service.text.marking import move_marks
from service.text.masking import SENTINEL, STAND_IN, MaskedText
from service.text.rewriting import Edit, Rewriting, rewrite
from service.text.spans import Span
from service.text.units import Unit, proportional, units


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


def place(
    masked: MaskedText, marks: Sequence[Mark], stretches: Iterable[Stretch], start: int = 0
) -> AnnotatedTranslation:
    """The translation of ``masked`` with its protected spans, and with ``marks``.

    Args:
        masked: the whole text.
        marks: of the text.
        stretches: in order; the join of their sources is ``masked.text``, or a part of it.
        start: where in ``masked.text`` the first one begins.
    """
    assembly = _Assembly(masked, marks, start)
    for stretch in stretches:
        assembly.add(stretch)
    return assembly.result()


class _Assembly:
    """A translation that grows by stretches; see ``place``."""

    def __init__(self, masked: MaskedText, marks: Sequence[Mark], start: int) -> None:
        self._masked = masked
        self._marks = marks
        self._edges = sorted({edge for mark in marks for edge in (mark.start, mark.end)})
        self._parts: list[str] = []
        self._spans: list[PlacedSpan] = []
        self._row: list[Unit] = []
        self._translated: list[AlignedPart] = []
        self._read = start
        self._written = 0

    def add(self, stretch: Stretch) -> None:
        """Put ``stretch`` behind what is there."""
        places = [match.start() for match in STAND_IN.finditer(stretch.target)]
        spans = [self._span(stretch, place) for place in places]
        shown = rewrite(
            stretch.target,
            [Edit(at, at + 1, span.text) for at, span in zip(places, spans, strict=True)],
        )
        for at, span in zip(places, spans, strict=True):
            placement = stretch.placements.get(stretch.target[at], Placement.NETWORK)
            target = self._target(shown.forward(Range(at, at + 1)))
            self._spans.append(PlacedSpan(span.range, target, placement))
        if self._marks:
            self._row += self._cut(self._units(stretch, shown))
        if not stretch.copied:
            self._translated.append(self._aligned(stretch, shown))
        self._parts.append(shown.after)
        self._read += len(stretch.source)
        self._written += len(shown.after)

    def result(self) -> AnnotatedTranslation:
        """All of it."""
        marks = move_marks(self._marks, self._row, self._written)
        spans = sorted(self._spans, key=lambda span: span.source)
        return AnnotatedTranslation("".join(self._parts), marks, tuple(spans), tuple(self._translated))

    def _span(self, stretch: Stretch, at: int) -> Span:
        """What the stand-in at ``at`` stands for."""
        if stretch.copied:
            return self._masked.by_place[self._read + at]
        return self._masked.by_sentinel[stretch.target[at]]

    def _target(self, one: Range) -> Range:
        return Range(one.start + self._written, one.end + self._written)

    def _source(self, one: Range) -> Range:
        """A range of the stretch to be added in the text as it was given."""
        return self._masked.rewriting.backward(Range(one.start + self._read, one.end + self._read))

    def _aligned(self, stretch: Stretch, shown: Rewriting) -> AlignedPart:
        """``stretch`` in the text as it was given, and in the translation."""
        links: list[Link] = []
        for link in stretch.links:
            source = self._source(Range(link.source_start, link.source_end))
            target = self._target(shown.forward(Range(link.target_start, link.target_end)))
            links.append(Link(source.start, source.end, target.start, target.end, link.weight))
        links.sort(key=lambda link: (link.target_start, link.source_start))
        everything = self._source(Range(0, len(stretch.source)))
        return AlignedPart(everything, self._target(Range(0, len(shown.after))), tuple(links))

    def _units(self, stretch: Stretch, shown: Rewriting) -> Iterator[Unit]:
        """The units of ``stretch``, between two that are empty and tell where its edges went."""
        first = self._source(Range(0, 0)).start
        last = self._source(Range(0, len(stretch.source))).end
        yield Unit(Range(self._written, self._written), Range(first, first), spelt=False)
        for unit in _row_of(stretch):
            source = None if unit.source is None else self._source(unit.source)
            yield Unit(self._target(shown.forward(unit.target)), source, unit.spelt, unit.copied)
        end = self._written + len(shown.after)
        yield Unit(Range(end, end), Range(last, last), spelt=False)

    def _cut(self, row: Iterable[Unit]) -> Iterator[Unit]:
        """``row`` with units that are copies cut at the edges of marks."""
        for unit in row:
            source = unit.source
            if source is None or not unit.copied:
                yield unit
                continue
            inside = self._edges[
                bisect_right(self._edges, source.start) : bisect_left(self._edges, source.end)
            ]
            shift = unit.target.start - source.start
            for start, end in pairwise([source.start, *inside, source.end]):
                yield Unit(Range(start + shift, end + shift), Range(start, end), unit.spelt, copied=True)


def _row_of(stretch: Stretch) -> list[Unit]:
    """The units of ``stretch``, in it."""
    if stretch.copied:
        everything = Range(0, len(stretch.source))
        return [Unit(everything, everything, spelt=True, copied=True)]
    if stretch.links:
        row = _known_at_the_edges(units(stretch.target, stretch.links), stretch.source)
    else:
        row = proportional(stretch.target, len(stretch.source))
    return [_exact(unit, stretch) for unit in row]


def _known_at_the_edges(row: list[Unit], source: str) -> list[Unit]:
    """``row``, whose first and last units are taken to come from where their neighbours do.

    But punctuation at the end comes from that at the end of ``source``, if there is any.
    """
    known = [index for index, unit in enumerate(row) if unit.source is not None]
    if not known:
        return row
    first, last = known[0], known[-1]
    end = None if source[-1].isalnum() else Range(len(source) - 1, len(source))
    return [
        *[replace(unit, source=row[first].source) for unit in row[:first]],
        *row[first : last + 1],
        *[replace(unit, source=(not unit.spelt and end) or row[last].source) for unit in row[last + 1 :]],
    ]


def _exact(unit: Unit, stretch: Stretch) -> Unit:
    """``unit``, which came from itself if it is a sentinel, and else from none."""
    content = stretch.target[unit.target.start : unit.target.end]
    if not SENTINEL.fullmatch(content):
        guess = unit.source is not None and SENTINEL.search(
            stretch.source, unit.source.start, unit.source.end
        )
        return replace(unit, source=None) if guess else unit
    at = stretch.source.index(content)
    return Unit(unit.target, Range(at, at + 1), unit.spelt, copied=True)
