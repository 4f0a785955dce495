"""Texts of mixed lengths: many short ones, some long, each of them one segment to the service."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

SHORTEST, LONGEST = 3, 100
"""Source tokens, tag and end mark included, of the texts that are made."""

CountTokens = Callable[[str], int]


def spread_lengths(number: int) -> list[int]:
    """``number`` lengths from shortest to longest, their logarithms evenly spread.

    So as many are between 3 and 10 as between 30 and 100: half of them are below 18, and a tenth of the
    longest make a third of the work.
    """
    ratio = LONGEST / SHORTEST
    return [round(SHORTEST * ratio ** ((place + 0.5) / number)) for place in range(number)]


def mixed_texts(sentences: Sequence[str], count_tokens: CountTokens, number: int, seed: int) -> list[str]:
    """``number`` texts with the lengths of ``spread_lengths``, as far as whole words allow.

    A text is made of the words of random sentences, with commas where these end, so that none is cut
    into several segments.

    Args:
        sentences: to take words from.
        count_tokens: of a text, tag and end mark included.
        number: of texts.
        seed: of the random numbers.
    """
    chance = random.Random(f"mixed {seed}")
    return [_text(sentences, count_tokens, length, chance) for length in spread_lengths(number)]


def _text(sentences: Sequence[str], count_tokens: CountTokens, length: int, chance: random.Random) -> str:
    words: list[str] = []
    while count_tokens(" ".join(words)) < length:
        words += _clause(chance.choice(sentences))
    while len(words) > 1 and count_tokens(_closed(words)) > length:
        words.pop()
    return _closed(words)


def _clause(sentence: str) -> list[str]:
    """The words of a sentence without what ends sentences, and a comma."""
    words = [word.rstrip(".?!:;,…") for word in sentence.split()]
    return [*words[:-1], f"{words[-1]},"]


def _closed(words: Sequence[str]) -> str:
    return " ".join(words).rstrip(",")
