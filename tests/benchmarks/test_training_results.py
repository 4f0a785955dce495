"""The arithmetic of comparing trainers."""

from __future__ import annotations

import pytest

from benchmarks.summary import Spread
from benchmarks.training import ratios, turn
from benchmarks.training_results import TrainerResult, TrainingRatio, TrainingRound, width


def one(tokens: int, seconds: float, cpu: float | None = None, sentences: int = 10) -> TrainingRound:
    return TrainingRound(
        updates=5, sentences=sentences, target_tokens=tokens, seconds=seconds, cpu_seconds=cpu
    )


def result(name: str, *rounds: TrainingRound) -> TrainerResult:
    return TrainerResult.of(name, "float32", 100, rounds)


def test_rates_and_means() -> None:
    measured = result("a", one(100, 2.0, 1.0, 10), one(300, 3.0, 2.0, 30))
    assert measured.tokens_per_second == Spread(median=75.0, low=50.0, high=100.0)
    assert measured.tokens_per_cpu_second == Spread(median=125.0, low=100.0, high=150.0)
    assert measured.sentences_per_update == pytest.approx(4.0)
    assert measured.target_tokens_per_update == pytest.approx(40.0)


def test_a_ratio_is_taken_within_a_round() -> None:
    """The machine was half as fast in the second round: the rates differ, the ratio does not."""
    ours, peer = (
        result("a", one(400, 1.0, 1.0), one(400, 2.0, 1.0)),
        result("b", one(100, 1.0), one(100, 2.0)),
    )
    ratio = TrainingRatio.of(ours, peer)
    assert width(ours.tokens_per_second) > 0.5
    assert ratio.wall == Spread(median=4.0, low=4.0, high=4.0)
    assert ratio.cpu is None, "the peer's processor time is not known"
    assert peer.tokens_per_cpu_second is None


def test_unequal_numbers_of_rounds_are_no_comparison() -> None:
    with pytest.raises(ValueError, match="shorter"):
        TrainingRatio.of(result("a", one(1, 1.0), one(1, 1.0)), result("b", one(1, 1.0)))


def test_width() -> None:
    assert width(Spread(median=10.0, low=9.0, high=11.0)) == pytest.approx(0.2)


def test_each_round_turns_the_order_round() -> None:
    assert [turn(3, number) for number in range(3)] == [[0, 1, 2], [2, 1, 0], [0, 1, 2]]


def test_each_of_ours_is_compared_with_each_peer() -> None:
    measured = [result(name, one(10, 1.0)) for name in ("dragoman", "dragoman", "x", "y")]
    assert [(ratio.name, ratio.peer) for ratio in ratios(measured)] == [
        ("dragoman", "x"),
        ("dragoman", "y"),
        ("dragoman", "x"),
        ("dragoman", "y"),
    ]
