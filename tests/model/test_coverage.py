"""How much of a text was read."""

from __future__ import annotations

import pytest

from model.coverage import READ, coverage_of, skips_tail, word_coverage
from model.words import Tokens


def test_the_pieces_of_a_word_count_together_and_punctuation_does_not() -> None:
    tokens = Tokens("Bahnhof, da  ", ((0, 4), (4, 7), (7, 8), (9, 11), (13, 13)))
    received = [9.0, 0.2, 0.3, 5.0, 0.7, 4.0, 9.0]  # language tag and EOS at the ends
    assert word_coverage(tokens, received) == [pytest.approx(0.5), 0.7]


def test_a_word_that_is_said_again_and_again_counts_once() -> None:
    tokens = Tokens("sehr, Sehr sehr gut", ((0, 4), (4, 5), (6, 10), (11, 15), (16, 19)))
    assert word_coverage(tokens, [0.0, 0.4, 0.0, 0.25, 0.25, 0.7, 0.0]) == [pytest.approx(0.9), 0.7]


@pytest.mark.parametrize(
    ("words", "coverage"),
    [([], 1.0), ([READ, 4.0], 1.0), ([0.0, 1.0], 0.5), ([READ / 2], 0.5), ([0.0], 0.0)],
)
def test_coverage_is_a_share(words: list[float], coverage: float) -> None:
    assert coverage_of(words) == pytest.approx(coverage)


@pytest.mark.parametrize(
    ("words", "skipped"),
    [
        ([1.0] * 5, False),
        ([1.0] * 5 + [0.1] * 2, False),  # two words may be nothing but grammar
        ([1.0] * 5 + [0.1] * 3, True),
        ([1.0] * 5 + [0.1, 0.6, 0.1], False),
        ([0.1] * 3, False),  # all of it
        ([1.0] * 30 + [0.1] * 8, False),
        ([1.0] * 22 + [0.1] * 8, True),
        ([0.1] * 3 + [1.0] * 5, False),
    ],
)
def test_a_tail_is_a_quarter_and_three_words(words: list[float], skipped: bool) -> None:
    assert skips_tail(words) is skipped
