"""Translators that need no network, and whose translations are known."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import accumulate

from service.files.document import Document
from service.text.annotated import (
    AnnotatedText,
    AnnotatedTranslation,
    Mark,
    PlacedSpan,
    Placement,
    Range,
    merged,
    unchanged,
)

Translate = Callable[[AnnotatedText], AnnotatedTranslation]


def identity(text: AnnotatedText) -> AnnotatedTranslation:
    return unchanged(text)


def upper(text: AnnotatedText) -> AnnotatedTranslation:
    """In capitals, which makes some texts longer; protected ranges stay."""
    return by_character(text, str.upper)


def by_character(text: AnnotatedText, change: Callable[[str], str]) -> AnnotatedTranslation:
    protected = merged(text.protected)
    kept = {place for one in protected for place in range(one.start, one.end)}
    changed = [one if place in kept else change(one) for place, one in enumerate(text.text)]
    places = list(accumulate(map(len, changed), initial=0))

    def moved(one: Range) -> Range:
        return Range(places[one.start], places[one.end])

    return AnnotatedTranslation(
        "".join(changed),
        tuple(Mark(mark.id, places[mark.start], places[mark.end]) for mark in text.marks),
        tuple(PlacedSpan(one, moved(one), Placement.NETWORK) for one in protected),
    )


def scrambled(seed: int) -> Translate:
    """Words in another order, marks anywhere: what a bad network and a bad alignment may make of it.

    Marks keep what is promised of them: their number, and that what was apart is apart and what was inside is
    inside.
    """

    def translate(text: AnnotatedText) -> AnnotatedTranslation:
        generator = random.Random(f"{seed} {text.text}")
        protected = merged(text.protected)
        pieces: list[tuple[str, Range | None]] = [(text.text[one.start : one.end], one) for one in protected]
        rest = text.text
        for one in reversed(protected):
            rest = f"{rest[: one.start]} {rest[one.end :]}"
        pieces += [(word, None) for word in rest.split(" ") if word]
        generator.shuffle(pieces)
        target, spans = "", list[PlacedSpan]()
        for piece, source in pieces:
            target += generator.choice(("", " ")) if target else ""
            if source is not None:
                place = Range(len(target), len(target) + len(piece))
                spans.append(PlacedSpan(source, place, Placement.PROPORTION))
            target += piece
        spans.sort(key=lambda span: span.source)
        return AnnotatedTranslation(target, _placed(text.marks, len(target), generator), tuple(spans))

    return translate


def _placed(marks: Sequence[Mark], length: int, generator: random.Random) -> tuple[Mark, ...]:
    """Sorted places for the beginnings and ends of the marks in the order in which they come in the text."""
    events = sorted(
        [(mark.start, 1, number, mark.id) for number, mark in enumerate(marks)]
        + [
            (mark.end, 0 if mark.end > mark.start else 1, _end_order(number, mark), mark.id)
            for number, mark in enumerate(marks)
        ]
    )
    places = sorted(generator.randint(0, length) for _ in events)
    found: dict[int, list[int]] = {}
    for place, (_, _, _, mark) in zip(places, events, strict=True):
        found.setdefault(mark, []).append(place)
    return tuple(Mark(mark.id, *found[mark.id]) for mark in marks)


def _end_order(number: int, mark: Mark) -> float:
    return number + 0.5 if mark.start == mark.end else -number


def translated(document: Document, translate: Translate) -> bytes:
    return document.write([translate(unit) for unit in document.units])
