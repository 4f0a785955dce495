"""Lists of words: *Apfel, Birne, Kirsche, Pflaume, Quitte*.

A network that has learnt from sentences loses its way in a row of words that no sentence holds together: it
repeats items and drops others. Each item is a segment of its own instead.
"""

from __future__ import annotations

import re

from service.text.units import HAN

FEWEST_ITEMS = 5
"""With fewer, it may as well be a sentence that comes in short parts: *No, Tom, wait, please!*"""
MOST_WORDS = 2
"""Of an item; *the blue house* may be a part of a sentence. Where words have no spaces between them, two
characters count as one."""

_SEPARATOR = re.compile(r"([,;]\s+)")
_WORD = re.compile(rf"[{HAN}]{{1,2}}|[^\s{HAN}]+")


def items(text: str) -> list[str]:
    """``text`` in parts whose join it is: items and, between each two of them, a separator.

    A text that is no list is one part.
    """
    parts = _SEPARATOR.split(text)
    listed = parts[::2]
    if len(listed) < FEWEST_ITEMS or not all(1 <= len(_WORD.findall(item)) <= MOST_WORDS for item in listed):
        return [text]
    return parts
