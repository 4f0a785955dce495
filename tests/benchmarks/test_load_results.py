"""Results from outcomes that were made up, so that every number is known."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.load_results import summarize_closed, summarize_open
from benchmarks.outcome import CONNECTION, TIMEOUT, TRANSLATED, Outcome

OPEN: dict[str, Any] = {
    "rate": 2.0,
    "warmup_seconds": 10.0,
    "seconds": 5.0,
    "deadline_seconds": 1.0,
    "cpu_share": 0.1,
    "service": None,
}


def test_an_open_loop_counts_what_arrived_in_the_measured_time() -> None:
    outcomes = [
        Outcome(TRANSLATED, arrival=9.9, started=9.9, end=20.0),  # of the warm-up
        Outcome(TRANSLATED, arrival=10.0, started=10.1, end=10.5),
        Outcome(TRANSLATED, arrival=11.0, started=11.0, end=12.0),  # just in time
        Outcome(TRANSLATED, arrival=14.0, started=14.3, end=16.0),  # too late, and after the measured time
        Outcome(TIMEOUT, arrival=12.0, started=12.0, end=42.0),
        Outcome("429", arrival=13.0, started=13.0, end=13.02),
        Outcome(CONNECTION, arrival=13.5, started=13.5, end=13.51),
    ]
    result = summarize_open(outcomes, **OPEN)
    assert result.requests == 6
    assert result.statuses == {"200": 3, "429": 1, "connection": 1, "timeout": 1}
    assert result.goodput_per_second == pytest.approx(2 / 5)
    assert result.goodput_share == pytest.approx(2 / 6)
    assert result.translated_per_second == pytest.approx(2 / 5)
    assert result.latency is not None
    assert result.latency.count == 4
    assert result.latency.p50_ms == pytest.approx(1500.0)
    assert result.latency.max_ms == pytest.approx(30_000.0)
    assert result.refused_latency is not None
    assert result.refused_latency.max_ms == pytest.approx(20.0)
    assert result.generator.lag_max_ms == pytest.approx(300.0)


def test_answers_to_the_warm_up_are_work_done_in_the_measured_time() -> None:
    outcomes = [Outcome(TRANSLATED, arrival=8.0, started=8.0, end=11.0)]
    result = summarize_open(outcomes, **OPEN)
    assert result.translated_per_second == pytest.approx(0.2)
    assert (result.requests, result.goodput_share, result.latency) == (0, None, None)


def test_a_closed_loop_counts_what_ended_in_the_measured_time() -> None:
    outcomes = [
        Outcome(TRANSLATED, arrival=0.0, started=0.0, end=0.9),
        Outcome(TRANSLATED, arrival=0.5, started=0.5, end=1.0),
        Outcome(TRANSLATED, arrival=1.0, started=1.0, end=2.9),
        Outcome("503", arrival=1.0, started=1.0, end=1.1),
        Outcome(TRANSLATED, arrival=2.0, started=2.0, end=3.0),
    ]
    result = summarize_closed(
        outcomes,
        concurrency=2,
        texts_per_request=3,
        warmup_seconds=1.0,
        seconds=2.0,
        cpu_share=0.1,
        service=None,
    )
    assert result.requests_per_second == pytest.approx(1.0)
    assert result.texts_per_second == pytest.approx(3.0)
    assert result.statuses == {"200": 2, "503": 1}
    assert result.latency is not None
    assert result.latency.mean_ms == pytest.approx(1200.0)
