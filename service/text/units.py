"""A translation as a row of units, each with the part of its source that it came from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.text.alignment import Link
from service.text.annotated import Range

_HAN = "\u2e80-\u9fff\U00020000-\U0003ffff"
_UNIT = re.compile(rf"[{_HAN}]|[^\W{_HAN}]+(?:['\u2019-][^\W{_HAN}]+)*|[^\w\s]")
"""A word, a Chinese character, or a punctuation mark."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Characters of a translation that stay together.

    Attributes:
        target: where they are.
        source: what they came from; None if nobody knows.
        spelt: there is a letter or digit in them.
        copied: they are the same as in the source.
    """

    target: Range
    source: Range | None
    spelt: bool
    copied: bool = False


def units(text: str, links: Iterable[Link]) -> list[Unit]:
    """The units of ``text``, the target of ``links``, each with what its heaviest link leads to."""
    heaviest = sorted(links, key=lambda link: link.weight)
    by_character: dict[int, Range] = {}
    for link in heaviest:  # a heavier one overwrites
        source = Range(link.source_start, link.source_end)
        by_character.update(dict.fromkeys(range(link.target_start, link.target_end), source))
    return [
        Unit(Range(*match.span()), by_character.get(match.start()), match.group()[0].isalnum())
        for match in _UNIT.finditer(text)
    ]


def proportional(text: str, source_length: int) -> list[Unit]:
    """The units of ``text``, each with the character that is as far into its source as its middle is."""
    row = []
    for match in _UNIT.finditer(text):
        middle = (match.start() + match.end()) * source_length // (2 * len(text))
        row.append(Unit(Range(*match.span()), Range(middle, middle + 1), match.group()[0].isalnum()))
    return row


def place_of(source: Range, row: Sequence[Unit], end: int, *, before: bool = False) -> int:
    """Where in the translation something belongs that stands at ``source`` and has no unit of its own.

    That is behind what came from the words before it, or before what came from the words after it: behind
    the former unless ``before`` is asked for, or there are none.

    Args:
        source: where it stands; may be empty.
        row: in order.
        end: of the translation; where things go if no unit is known to come from anything.
        before: it belongs to what follows it.
    """
    known = [(unit.source, unit.target) for unit in row if unit.source is not None]
    left = [(origin.end, target.end) for origin, target in known if origin.end <= source.start]
    right = [(origin.start, target.start) for origin, target in known if origin.start >= source.end]
    if right and (before or not left):
        return min(right)[1]
    return max(left)[1] if left else end
