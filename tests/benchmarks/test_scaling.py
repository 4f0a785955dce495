"""Decoding with more threads and more replicas: arrangements, processes, the record."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.scaling import arrangements, main, measure
from benchmarks.scaling_workers import Arrangement, Work, start
from tests.conftest import TINY_TEXT

needs_affinity = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity"), reason="this system does not let processes choose their processors"
)


def test_arrangements_use_one_two_four_processors() -> None:
    assert arrangements(1) == [(1, 1)]
    assert arrangements(3) == [(1, 1), (1, 2), (2, 1)]
    assert arrangements(5) == [(1, 1), (1, 2), (2, 1), (1, 4), (2, 2), (4, 1)]
    assert all(plan.processors <= 100 for plan in arrangements(100))


@needs_affinity
def test_replicas_and_threads_are_measured_beside_one_decoder(tiny_checkpoint: Path) -> None:
    work = Work(tiny_checkpoint, ("de", "en"), 4, TINY_TEXT[::2])
    here = min(os.sched_getaffinity(0))
    plans = [Arrangement(1, 1), Arrangement(2, 2)]
    results = measure(work, plans, [here] * 4, rounds=2)
    assert [(cell.replicas, cell.threads) for cell in results.cells] == plans
    assert results.cells[0].ratio.low == results.cells[0].ratio.high == 1.0
    for cell in results.cells:
        # All share one processor here: what they do costs no less of it than the clock shows.
        busy = cell.sentences_per_second.high * cell.cpu_ms_per_sentence.low / 1000.0
        assert 0.0 < busy < 1.2


@needs_affinity
def test_the_record(tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = min(os.sched_getaffinity(0))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {here})
    output = tmp_path / "record.json"
    languages = ["--source-lang", "de", "--target-lang", "en"]
    assert (
        main([str(tiny_checkpoint), *languages, "--limit", "5", "--rounds", "1", "--output", str(output)])
        == 0
    )
    record = json.loads(output.read_text())
    assert record["provenance"]["checkpoint"]["name"] == "tiny"
    assert record["results"]["sentences"] == 5
    assert [cell["threads"] for cell in record["results"]["cells"]] == [1]


@needs_affinity
def test_a_replica_that_cannot_start_says_why(tmp_path: Path) -> None:
    work = Work(tmp_path / "nothing", ("de", "en"), 4, ("Ja.",))
    with ExitStack() as stack, pytest.raises(BenchmarkError, match="nothing"):
        start(stack, Arrangement(1, 1), [min(os.sched_getaffinity(0))], work)
