"""Reports from two scrapes, made by a real Prometheus client."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from benchmarks.errors import BenchmarkError
from benchmarks.record import CheckpointIdentity
from benchmarks.scrape import compare, read_checkpoint, read_counters


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def scrape(registry: CollectorRegistry) -> str:
    return generate_latest(registry).decode()


def test_a_report_is_the_difference_of_two_scrapes(registry: CollectorRegistry) -> None:
    rows = Histogram("translation_batch_rows", "", ("phase",), registry=registry)
    padding = Histogram("translation_batch_padding_ratio", "", ("phase",), registry=registry)
    tokens = Counter("translation_target_tokens", "", registry=registry)
    cpu = Counter("process_cpu_seconds", "", registry=registry)
    rows.labels("decode").observe(100)
    padding.labels("decode").observe(0.9)
    tokens.inc(1000)
    before = read_counters(scrape(registry))
    for count, ratio in ((3, 0.1), (5, 0.2), (7, 0.6)):
        rows.labels("decode").observe(count)
        padding.labels("decode").observe(ratio)
    rows.labels("encode").observe(50)
    tokens.inc(80)
    cpu.inc(2)
    report = compare(before, read_counters(scrape(registry)), seconds=4.0)
    assert report is not None
    assert report.decoding_steps == 3
    assert report.rows_per_step == pytest.approx(5.0)
    assert report.padding_ratio == pytest.approx(0.3)
    assert report.target_tokens_per_second == pytest.approx(20.0)
    assert report.cpu_cores == pytest.approx(0.5)


def test_without_a_step_there_is_no_mean(registry: CollectorRegistry) -> None:
    Histogram("translation_batch_rows", "", ("phase",), registry=registry).labels("decode").observe(9)
    counters = read_counters(scrape(registry))
    report = compare(counters, counters, seconds=1.0)
    assert report is not None
    assert (report.decoding_steps, report.rows_per_step, report.cpu_cores) == (0, None, None)


def test_a_service_without_these_metrics_has_no_report() -> None:
    assert compare({}, read_counters(""), seconds=1.0) is None


def test_something_else_is_refused() -> None:
    with pytest.raises(BenchmarkError, match="/metrics"):
        read_counters("<html>\n{oops\n")


def test_the_checkpoint_is_known_if_there_is_one(registry: CollectorRegistry) -> None:
    assert read_checkpoint(scrape(registry)) is None
    info = Gauge("translation_model_info", "", ("checkpoint", "digest", "directions"), registry=registry)
    info.labels("small", "ab12", "de>en").set(1)
    assert read_checkpoint(scrape(registry)) == CheckpointIdentity(name="small", digest="ab12")
    info.labels("other", "cd34", "en>fr").set(1)
    assert read_checkpoint(scrape(registry)) is None
