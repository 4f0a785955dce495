"""The learning rate and the share of scheduled sampling over a run."""

from __future__ import annotations

import pytest

from model.config import TrainingConfig
from model.training.schedule import learning_rate, sampling_share

CONFIG = TrainingConfig(
    learning_rate=2.0, warmup_updates=10, max_updates=110, final_learning_rate_fraction=0.1
)


def test_it_rises_linearly_to_the_peak() -> None:
    rates = [learning_rate(update, CONFIG) for update in range(10)]
    assert rates == pytest.approx([0.2 * (update + 1) for update in range(10)])


def test_it_falls_along_half_a_cosine() -> None:
    rates = [learning_rate(update, CONFIG) for update in range(10, 111)]
    assert rates[0] == pytest.approx(2.0)
    assert rates[50] == pytest.approx((2.0 + 0.2) / 2)
    assert rates[100] == pytest.approx(0.2)
    assert rates == sorted(rates, reverse=True)


def test_it_stays_at_the_floor_beyond_the_end() -> None:
    assert learning_rate(500, CONFIG) == pytest.approx(0.2)


def test_no_warm_up_starts_at_the_peak() -> None:
    config = CONFIG.model_copy(update={"warmup_updates": 0})
    assert learning_rate(0, config) == pytest.approx(2.0)


def test_the_share_of_scheduled_sampling_grows_linearly_to_the_end() -> None:
    config = CONFIG.model_copy(update={"scheduled_sampling": 0.4, "scheduled_sampling_after_updates": 60})
    shares = [sampling_share(update, config) for update in (0, 60, 61, 85, 110, 500)]
    assert shares == pytest.approx([0.0, 0.0, 0.4 / 50, 0.2, 0.4, 0.4])
    assert sampling_share(110, CONFIG) == 0.0
