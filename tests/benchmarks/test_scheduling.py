"""The command ``python -m benchmarks.scheduling``, without servers, and what it concludes."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.record import Record
from benchmarks.scheduling import choose, main
from benchmarks.scheduling_engine import LITSERVE, LOADS, ONE_BY_ONE, OURS, REQUEST_LEVEL, Workload
from benchmarks.scheduling_results import LitServeTrial, SchedulingResults
from benchmarks.summary import Latency
from model.config import DecodingOptions
from service.engine.request import Priority


def trial(size: int, rate: float, wait_ms: float) -> LitServeTrial:
    latency = Latency.of([wait_ms / 1000.0])
    assert latency is not None
    return LitServeTrial(max_batch_size=size, batch_timeout=0.01, sentences_per_second=rate, busy=latency)


def test_the_setting_with_the_shortest_tail_is_chosen() -> None:
    trials = (trial(8, 80.0, 24.0), trial(32, 100.0, 20.0), trial(64, 120.0, 26.0))
    assert choose(trials).max_batch_size == 32


def test_all_ways_get_the_same_requests_and_rates_are_kept() -> None:
    sources = [tuple(range(3, 3 + length)) for length in range(1, 40)]
    workload = Workload(sources, DecodingOptions(), requests=4000, bulk_sentences=7, rounds=1, seed=3)
    assert workload.at_rate(50.0) == workload.at_rate(50.0)
    assert len(workload.at_rate(50.0)) == pytest.approx(4000, rel=0.05)
    assert workload.at_rate(50.0)[-1].at == pytest.approx(80.0, rel=0.01)
    assert all(len(timed.request.source) <= 12 for timed in workload.short_at_rate(50.0))
    assert [timed.request.priority for timed in workload.bulk()] == [Priority.BULK] * 7
    assert len(workload.smaller(4).at_once()) == 1000


def test_everything_is_measured_recorded_and_drawn(
    quick_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, picture = tmp_path / "record.json", tmp_path / "picture.svg"
    arguments = [
        str(quick_checkpoint),
        "--quick",
        "--parts",
        "engine",
        "--precision",
        "float32",
        "--bulk",
        "4000",  # some requests must come while it runs
        "--rounds",
        "1",
    ]
    assert main([*arguments, "--output", str(output), "--plot", str(picture)]) == 0
    record = Record[SchedulingResults].model_validate_json(output.read_text())
    engine = record.results.engine
    assert engine is not None
    assert record.results.quick
    assert record.results.servers == ()
    assert [(cell.load, cell.batching) for cell in engine.loads] == [
        (load, name) for load in LOADS for name in (OURS, REQUEST_LEVEL, LITSERVE, ONE_BY_ONE)
    ]
    for first, *others in zip(*[iter(engine.loads)] * 4, strict=True):
        for cell in others:
            assert (cell.latency.count, cell.short.count) == (first.latency.count, first.short.count)
    assert engine.saturation[0].ratio.median == 1.0
    assert engine.capacity == engine.saturation[0].sentences_per_second.median
    for cell in engine.bulk:
        assert 0 < cell.beside.count <= cell.alone.count
        assert cell.bulk_seconds.median > 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in (OURS, REQUEST_LEVEL, LITSERVE, ONE_BY_ONE))
    assert picture.read_text().startswith("<?xml")
