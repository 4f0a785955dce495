"""Cutting a text that is too long for the network, where it hurts least."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

_BOUNDARIES = (
    re.compile(r"[.!?…]+[\"'”’»)\]]*\s+|[。！？]+[”’」』）]*\s*"),  # noqa: RUF001 - sentence ends
    re.compile(r"[,;:]\s+|\s+[-–—]\s+|[，；：、]"),  # noqa: RUF001 - clauses
    re.compile(r"\s+"),
)


def split_to_fit(text: str, fits: Callable[[str], bool]) -> list[str]:
    """``text`` in parts that fit, of about equal size; joined, they are ``text``.

    A part is cut in its middle half: at the end of a sentence, else of a clause, else between words, else,
    in a run without any of these, between characters. A single character counts as fitting.

    Args:
        text: what to cut.
        fits: whether a part is short enough. A part of a text that fits must fit too.
    """
    if len(text) < 2 or fits(text):
        return [text]
    cut = _cut(text)
    return [*split_to_fit(text[:cut], fits), *split_to_fit(text[cut:], fits)]


def _cut(text: str) -> int:
    """An index in ``[1, len(text) - 1]``: of the best kind of boundary, the one nearest to the middle."""
    length = len(text)
    for boundary in _BOUNDARIES:
        ends = [found.end() for found in boundary.finditer(text)]
        if central := [end for end in ends if length <= 4 * end <= 3 * length]:
            return min(central, key=lambda end: abs(2 * end - length))
    middle = length // 2
    while middle > 1 and unicodedata.combining(text[middle]):
        middle -= 1
    return middle
