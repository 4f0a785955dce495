"""Translators without a network, which do to a text what networks do: move, change, drop and add words."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from service.text.annotated import AnnotatedText, AnnotatedTranslation, Mark, Range, merged

Translate = Callable[[AnnotatedText], AnnotatedTranslation]

HOSTILE = ("<b>", "</p>", "<script>alert(1)</script>", "&lt;", "&", "<!--", "]]>", "\"'", "<x")
"""Words that must not become markup."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A word, or a protected range, and where it was; None for a word that was not there."""

    text: str
    place: Range | None


def units(text: AnnotatedText) -> list[Unit]:
    found: list[Unit] = []
    position = 0
    for one in [*merged(text.protected), Range(len(text.text), len(text.text))]:
        for word in re.finditer("[^ \t\n\f\r]+", text.text[position : one.start]):
            place = Range(position + word.start(), position + word.end())
            found.append(Unit(word[0], place))
        if one.start < one.end:
            found.append(Unit(text.text[one.start : one.end], one))
        position = one.end
    return found


def rendered(text: AnnotatedText, new: Sequence[Unit]) -> AnnotatedTranslation:
    """``new`` with spaces between them; a mark is around all units that were in it, whatever else is there.

    Such marks can overlap, which those of the service never do.
    """
    parts: list[str] = []
    places: list[tuple[Range, Range]] = []
    end = 0
    for unit in new:
        end += bool(parts)
        if unit.place is not None:
            places.append((unit.place, Range(end, end + len(unit.text))))
        parts.append(unit.text)
        end += len(unit.text)
    marks = [_projected(mark, places, end) for mark in text.marks]
    return AnnotatedTranslation(" ".join(parts), tuple(marks))


def _projected(mark: Mark, places: Sequence[tuple[Range, Range]], length: int) -> Mark:
    inside = [new for old, new in places if old.start < mark.end and mark.start < old.end]
    if inside:
        return Mark(mark.id, min(one.start for one in inside), max(one.end for one in inside))
    before = [new.end for old, new in places if old.end == mark.start]
    after = [new.start for old, new in places if old.start >= mark.start]
    point = min([*before, *([] if before else after)], default=length)
    return Mark(mark.id, point, point)


def shouted(unit: Unit, text: AnnotatedText) -> Unit:
    is_protected = unit.place in merged(text.protected)
    return unit if is_protected else Unit(unit.text.upper(), unit.place)


def upper(text: AnnotatedText) -> AnnotatedTranslation:
    return rendered(text, [shouted(unit, text) for unit in units(text)])


def backwards(text: AnnotatedText) -> AnnotatedTranslation:
    return rendered(text, units(text)[::-1])


def dropping(text: AnnotatedText) -> AnnotatedTranslation:
    """Without every other word; what is protected stays."""
    kept = merged(text.protected)
    return rendered(text, [unit for place, unit in enumerate(units(text)) if place % 2 or unit.place in kept])


def hostile(text: AnnotatedText) -> AnnotatedTranslation:
    """With words added that look like markup."""
    words = units(text)
    return rendered(
        text, [one for at, word in enumerate(words) for one in (word, Unit(HOSTILE[at % len(HOSTILE)], None))]
    )


def shuffling(seed: int) -> Translate:
    def shuffle(text: AnnotatedText) -> AnnotatedTranslation:
        words = units(text)
        random.Random(seed).shuffle(words)
        return rendered(text, words)

    return shuffle


EVERY: tuple[Translate, ...] = (upper, backwards, dropping, hostile, shuffling(1))
