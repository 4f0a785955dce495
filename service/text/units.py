"""A translation as a row of units, each with the part of its source that it came from."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.text.annotated import Range
from service.text.link import Link

HAN = "\u2e80-\u9fff\U00020000-\U0003ffff"
"""Of a character class: characters that are words, or parts of words that nothing separates."""
_UNIT = re.compile(rf"[{HAN}]|[^\W{HAN}]+(?:['\u2019-][^\W{HAN}]+)*|[^\w\s]")
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


class Gaps:
    """Where in a translation something belongs that has no unit of its own.

    Args:
        row: in order.
        end: of the translation; where things go if no unit is known to come from anything.
    """

    def __init__(self, row: Sequence[Unit], end: int) -> None:
        known = [(unit.source, unit.target) for unit in row if unit.source is not None]
        self._left = sorted((origin.end, target.end) for origin, target in known)
        self._right = sorted((origin.start, target.start) for origin, target in known)
        self._end = end

    def place(self, source: Range, *, before: bool = False) -> int:
        """Where something belongs that stands at ``source``, which may be empty.

        That is behind what came from the words before it, or before what came from the words after it: behind
        the former unless ``before`` is asked for, or there are none.
        """
        left = bisect_right(self._left, (source.start, self._end)) - 1
        right = bisect_left(self._right, (source.end, 0))
        if right < len(self._right) and (before or left < 0):
            return self._right[right][1]
        return self._left[left][1] if left >= 0 else self._end
