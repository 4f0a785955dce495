"""Memory over time: the line through it, and the sentences that are sent."""

from __future__ import annotations

import random
from itertools import islice

import pytest

from benchmarks.footprint import LONGEST, made_sentences
from benchmarks.footprint_results import Growth


def test_the_slope_is_that_of_the_settled_part() -> None:
    filling = [(1000 * n, 300.0 + 50.0 * n) for n in range(1, 6)]
    settled = [(1000 * n, 600.0 + 0.2 * n + (0.5 if n % 2 else -0.5)) for n in range(6, 22)]
    found = Growth.of([*filling, *settled])
    assert found.slope_mebibytes == pytest.approx(2.0, abs=0.3)
    assert found.noise_mebibytes == pytest.approx(0.5, abs=0.05)
    assert found.sentences == 21_000


@pytest.mark.parametrize("slope", [0.0, 3.0])
def test_the_interval_holds_the_slope_nineteen_times_in_twenty(slope: float) -> None:
    dice, held = random.Random(1), 0
    for _ in range(400):
        samples = [(1000 * n, 400.0 + slope * n / 10 + dice.gauss(0.0, 2.0)) for n in range(1, 201)]
        low, high = Growth.of(samples).slope_interval_mebibytes
        held += low <= slope <= high
    assert 365 <= held <= 395  # 380 are expected, with a standard deviation of 4.4


def test_sentences_are_different_and_of_all_lengths() -> None:
    sentences = list(islice(made_sentences("de"), 3000))
    assert len(set(sentences)) == 3000
    assert sentences == list(islice(made_sentences("de"), 3000))
    lengths = sorted(len(sentence.split()) for sentence in sentences)
    assert (lengths[0], lengths[-1]) == (1, LONGEST)
    assert lengths[1500] < LONGEST / 4  # short ones are common
