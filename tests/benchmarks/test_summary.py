"""Statistics, against numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.summary import Latency, Spread, quantile

numbers = st.lists(st.floats(min_value=-1e6, max_value=1e6), min_size=1, max_size=50)


@given(numbers, st.floats(min_value=0.0, max_value=1.0))
def test_quantiles_are_numpys(values: list[float], share: float) -> None:
    assert quantile(values, share) == pytest.approx(float(np.quantile(values, share)), rel=1e-9, abs=1e-6)


def test_a_quantile_does_not_need_sorted_values() -> None:
    assert quantile([5.0, 1.0, 3.0], 0.5) == 3.0
    assert quantile([4.0, 1.0], 0.25) == 1.75


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_outside_the_range_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        quantile([1.0], share)


def test_nothing_has_no_quantile() -> None:
    with pytest.raises(ValueError, match="no values"):
        quantile([], 0.5)


def test_a_spread_is_median_and_extremes() -> None:
    assert Spread.of([9.0, 1.0, 2.0]) == Spread(median=2.0, low=1.0, high=9.0)


def test_latencies_are_in_milliseconds() -> None:
    seconds = np.random.default_rng(3).exponential(0.2, 1000)
    latency = Latency.of(seconds.tolist())
    assert latency is not None
    assert latency.count == 1000
    assert latency.mean_ms == pytest.approx(1000 * seconds.mean())
    percentiles = (latency.p50_ms, latency.p95_ms, latency.p99_ms, latency.max_ms)
    assert percentiles == pytest.approx(tuple(1000 * np.percentile(seconds, (50, 95, 99, 100))))


def test_no_latencies_are_none() -> None:
    assert Latency.of([]) is None
