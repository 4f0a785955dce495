"""How much of a source text the network read while it translated."""

from __future__ import annotations

from collections.abc import Sequence

from model.words import Tokens, words_of

READ = 0.5
"""A word that received as much attention as half a target token has been read."""
SKIPPED = 0.25
"""A word that received less has been skipped."""
TAIL_WORDS = 3
TAIL_SHARE = 0.25
FEWEST_WORDS = 4
"""Shorter texts are not judged: one word without a counterpart would be too large a part of them."""


def word_coverage(source: Tokens, received: Sequence[float]) -> list[float]:
    """What each word of ``source`` received, in order; punctuation and spaces left out.

    A word that follows itself counts once: a translation need not say it as often.

    Args:
        source: the text.
        received: attention over all steps of the search, by token, language tag first and EOS last.
    """
    words = words_of(source)
    sums = [0.0] * len(words.words)
    for index, weight in zip(words.of_token, received[1:-1], strict=True):
        if index >= 0:
            sums[index] += weight
    result: list[float] = []
    last = ""
    for total, word in zip(sums, words.words, strict=True):
        if not word.lexical:
            continue
        said = source.text[word.start : word.end].casefold()
        if said == last:
            result[-1] += total
        else:
            result.append(total)
        last = said
    return result


def coverage_of(words: Sequence[float]) -> float:
    """The share of the words that were read, from 0 to 1, one that was read in part counting in part."""
    if not words:
        return 1.0
    return sum([1.0 if received >= READ else received / READ for received in words]) / len(words)


def skips_tail(words: Sequence[float]) -> bool:
    """Whether the last quarter of the words, three at least, was skipped."""
    tail = max(TAIL_WORDS, round(TAIL_SHARE * len(words)))
    return len(words) > tail and max(words[-tail:]) < SKIPPED
