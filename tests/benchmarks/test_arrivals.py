"""The schedule: a Poisson process, the same each time."""

from __future__ import annotations

import statistics
from collections import Counter

import pytest

from benchmarks.arrivals import MAX_REQUESTS, TextSource, poisson_times, schedule
from benchmarks.errors import BenchmarkError


def test_the_same_seed_gives_the_same_times() -> None:
    assert poisson_times(20.0, 30.0, seed=1) == poisson_times(20.0, 30.0, seed=1)
    assert poisson_times(20.0, 30.0, seed=1) != poisson_times(20.0, 30.0, seed=2)


def test_gaps_are_exponential_with_the_mean_that_the_rate_says() -> None:
    times = poisson_times(50.0, 400.0, seed=1)
    gaps = [later - earlier for earlier, later in zip([0.0, *times], times, strict=False)]
    # 20,000 gaps: the standard error of the mean is 0.7 %, that of the deviation about 1 %
    assert statistics.mean(gaps) == pytest.approx(1 / 50, rel=0.03)
    assert statistics.stdev(gaps) == pytest.approx(1 / 50, rel=0.05)
    assert sum(gap > 1 / 50 for gap in gaps) / len(gaps) == pytest.approx(0.3679, abs=0.02)


def test_counts_in_windows_vary_as_a_poisson_process_does() -> None:
    times = poisson_times(10.0, 2000.0, seed=4)
    counts = Counter(int(time) for time in times)
    per_second = [counts[second] for second in range(2000)]
    assert statistics.variance(per_second) == pytest.approx(statistics.mean(per_second), rel=0.15)


def test_times_ascend_and_end_before_the_end() -> None:
    times = poisson_times(100.0, 3.0, seed=2)
    assert times == sorted(times)
    assert times[0] > 0.0
    assert times[-1] < 3.0


def test_too_many_requests_are_refused() -> None:
    with pytest.raises(BenchmarkError, match=rf"--rate 1000 .* at most {MAX_REQUESTS}"):
        poisson_times(1000.0, 1000.0, seed=1)


def test_texts_are_drawn_evenly_and_reproducibly() -> None:
    source, again = (TextSource(("a", "b", "c", "d"), per_request=3, seed=1) for _ in range(2))
    drawn = [source.draw() for _ in range(1000)]
    assert drawn == [again.draw() for _ in range(1000)]
    assert {len(texts) for texts in drawn} == {3}
    counts = Counter(text for texts in drawn for text in texts)
    assert all(count == pytest.approx(750, rel=0.15) for count in counts.values())


def test_a_schedule_has_texts_for_every_time() -> None:
    arrivals = schedule(10.0, 5.0, 1, TextSource(("a", "b"), per_request=2, seed=1))
    assert [arrival.at for arrival in arrivals] == poisson_times(10.0, 5.0, seed=1)
    assert all(set(arrival.texts) <= {"a", "b"} and len(arrival.texts) == 2 for arrival in arrivals)
