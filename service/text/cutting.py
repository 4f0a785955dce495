"""Cutting a text that is too long, at the least harmful places."""

# ruff: noqa: RUF001 - the punctuation of other scripts looks like ours
from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

_CLOSERS = "\"'”’»›)\\]}"
_BOUNDARIES = (
    re.compile(rf"[.!?…][{_CLOSERS}]*(?=\s)|[。！？][{_CLOSERS}」』）]*"),  # the end of a sentence
    re.compile(rf"[,;:–—)\]}}][{_CLOSERS}]*(?=\s)|\s(?=[–—(\[{{-])|[，、；：）]"),  # between two clauses
    re.compile(r"\s"),  # between two words
)
"""Where a cut hurts least, in order of preference; the cut goes after the match."""

_SEARCH_RADIUS = 64
_ZERO_WIDTH_JOINER = "\u200d"
_EMOJI_MODIFIERS = range(0x1F3FB, 0x1F400)
_REGIONAL_INDICATORS = range(0x1F1E6, 0x1F200)
_CONJOINING_JAMO = range(0x1160, 0x1200)


def cut_until(text: str, fits: Callable[[str], bool]) -> list[str]:
    """Consecutive parts of ``text`` that each fit; their join is ``text``.

    A part that does not fit is halved, so that parts come out of similar length: near the middle after a
    sentence, else after a clause, else between words, else between characters. A single code point is
    kept whole even if it does not fit. ``fits`` is called on O(n log n) characters altogether.
    """
    parts: list[str] = []
    pending = [text]
    while pending:
        part = pending.pop()
        if len(part) <= 1 or fits(part):
            parts.append(part)
        else:
            middle = _cutting_point(part)
            pending += [part[middle:], part[:middle]]
    return parts


def _cutting_point(text: str) -> int:
    """An index in ``1 .. len(text) - 1``."""
    middle = len(text) // 2
    margin = len(text) // 4
    for boundary in _BOUNDARIES:
        ends = [found.end() for found in boundary.finditer(text, margin, len(text) - margin)]
        inside = [end for end in ends if 0 < end < len(text)]
        if inside:
            return min(inside, key=lambda end: abs(end - middle))
    return _between_characters(text, middle)


def _between_characters(text: str, middle: int) -> int:
    """The index nearest to ``middle``, within ``_SEARCH_RADIUS``, that parts no visible character."""
    for distance in range(_SEARCH_RADIUS):
        for index in (middle - distance, middle + distance):
            if 0 < index < len(text) and not _joined(text[index - 1], text[index]):
                return index
    return middle


def _joined(left: str, right: str) -> bool:
    """Whether the two code points belong to one visible character.

    A simplification of the extended grapheme clusters of Unicode's UAX 29: flags count as joined to
    each other, and Indic conjuncts are known by their marks alone.
    """
    code = ord(right)
    return (
        unicodedata.category(right).startswith("M")
        or _ZERO_WIDTH_JOINER in (left, right)
        or code in _EMOJI_MODIFIERS
        or code in _CONJOINING_JAMO
        or (code in _REGIONAL_INDICATORS and ord(left) in _REGIONAL_INDICATORS)
    )
