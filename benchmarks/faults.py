"""Faults of translations that can be seen from outside, without the network's attention or a reference."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence

HALF = 0.5
"""What is shorter than so much of what is usual has lost something."""
FEWEST_LETTERS = 12
"""Shorter texts vary too much in length to be judged by it."""
_LOOP = re.compile(r"(\b\w+(?:\W+\w+){0,5}?)(?:\W+\1\b){3,}", re.IGNORECASE)
_LOOP_OF_LETTERS = re.compile(r"(\w{1,4}?)\1{7,}", re.IGNORECASE)


def loops(source: str, target: str) -> bool:
    """Whether ``target`` says up to six words four times in a row, or a few letters eight times.

    Not if ``source`` does so itself.
    """
    return any(pattern.search(target) and not pattern.search(source) for pattern in (_LOOP, _LOOP_OF_LETTERS))


def is_copy(source: str, target: str) -> bool:
    """Whether ``target`` has all words of ``source`` in their order, at least three of them in small letters.

    In a text without small letters all words count.
    """
    words = re.findall(r"[^\W\d_]+", source)
    ordinary = [word for word in words if word[0].islower()] or words
    return len(ordinary) >= 3 and words == re.findall(r"[^\W\d_]+", target)


def usual_ratio(sources: Sequence[str], targets: Sequence[str]) -> float:
    """How many letters of translation there are for one of source, at the median."""
    pairs = [(letters(one), letters(other)) for one, other in zip(sources, targets, strict=True)]
    return statistics.median([there / here for here, there in pairs if here] or [1.0])


def omits(source: str, target: str, usual: float) -> bool:
    """Whether ``target`` is so short that half of ``source`` must be missing; see ``usual_ratio``."""
    here = letters(source)
    return here >= FEWEST_LETTERS and letters(target) < HALF * usual * here


def letters(text: str) -> int:
    """Letters and digits of ``text``; a word said again and again counts once, and emoji do not count."""
    words = re.findall(r"\w+", text)
    return sum(len(word) for word, before in zip(words, ["", *words], strict=False) if word != before)
