"""What can be wrong with a translation, told by its tokens and by what the network read.

All functions are pure and take what is at hand after decoding; none needs a reference translation.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from enum import Enum

LONGEST_PERIOD = 12
"""Loops of longer phrases are found by the n-grams that they repeat."""
LOOP_REPEATS = 3
LOOP_TOKENS = 6
NGRAM = 4

_WORD = re.compile(r"[^\W\d_]+")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_HAN_LANGUAGES = frozenset(["zh", "ja"])


class Flag(Enum):
    """A fault that a translation seems to have.

    Attributes:
        REPETITION: it says the same again and again, which the source does not.
        TRUNCATED: it ends before the source does, or at the length limit.
        UNDERCOVERED: parts of the source were hardly read, so they are probably missing.
        COPIED: it repeats the source instead of translating it.
    """

    REPETITION = "repetition"
    TRUNCATED = "truncated"
    UNDERCOVERED = "undercovered"
    COPIED = "copied"


def repeats(source: Sequence[int], target: Sequence[int]) -> bool:
    """Whether ``target`` loops, or comes back to a phrase, more often than ``source`` does.

    Args:
        source: token ids.
        target: token ids; they may be of another language than the source's, as only counts are compared.
    """
    if len(target) - len(set(target)) < LOOP_REPEATS - 1 or max(Counter(target).values()) < LOOP_REPEATS:
        return False  # nothing comes so often: the rest need not be looked at
    loop = _longest_loop(target)
    if loop >= LOOP_REPEATS and loop > _longest_loop(source) + 1:
        return True
    phrase = _most_frequent(target, NGRAM)
    return phrase >= LOOP_REPEATS and phrase > _most_frequent(source, NGRAM - 1)


def _longest_loop(ids: Sequence[int]) -> int:
    """How often a phrase follows itself at most, counted where that takes ``LOOP_TOKENS`` or more.

    ``a b a b a b c`` -> 3
    """
    best = 1
    for period in range(1, min(LONGEST_PERIOD, len(ids) // 2) + 1):
        run = 0
        for one, other in zip(ids, ids[period:], strict=False):
            run = run + 1 if one == other else 0
            if run + period >= LOOP_TOKENS:
                best = max(best, (run + period) // period)
    return best


def _most_frequent(ids: Sequence[int], n: int) -> int:
    """How often the most frequent run of ``n`` ids comes."""
    ngrams = Counter(zip(*(ids[offset:] for offset in range(n)), strict=False))
    return max(ngrams.values(), default=0)


COPIED_WORDS = 3
COPIED_SHARE = 2 / 3
ACRONYM_LETTERS = 4


def is_copied(source: str, target: str, target_language: str) -> bool:
    """Whether ``target`` is in the language of ``source`` rather than in its own.

    Names and numbers are copied rightly, so what counts is ordinary words: those without a capital, and in
    a text of capitals those that are too long for an acronym. Three of them must be copied, and two of three.
    Han characters are a copy in any language that is not written with them, if they are a third of it.
    """
    words, han = _WORD.findall(target), len(_HAN.findall(target))
    is_foreign = han >= COPIED_WORDS - 1 and target_language not in _HAN_LANGUAGES
    if is_foreign and 3 * han >= sum(map(len, words)):
        return True
    if han:
        words = [word for word in words if not _HAN.search(word)]
    words = _ordinary(words)
    before = frozenset(_WORD.findall(source))
    copied = sum([word in before for word in words])
    return copied >= COPIED_WORDS and copied >= COPIED_SHARE * len(words)


def _ordinary(words: Sequence[str]) -> list[str]:
    if any(map(str.islower, words)):
        return [word for word in words if word[0].islower()]
    return [word for word in words if word.isupper() and len(word) > ACRONYM_LETTERS]
