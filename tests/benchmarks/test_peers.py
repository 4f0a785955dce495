"""The comparison with other translators, with ours in the place of all of them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import peers
from benchmarks.errors import BenchmarkError
from benchmarks.peer_results import PeerCell, PeerPass, PeerResults, show_peers
from benchmarks.peer_worker import Worker
from benchmarks.workers.protocol import FIRST_WORD, Workload

WORKLOAD = {"sentences": 5, "length": 4, "vocabulary": 60}


@pytest.fixture
def worker(tiny_checkpoint: Path, tmp_path: Path) -> Iterator[Worker]:
    options = {"checkpoint": str(tiny_checkpoint), "precision": "float32"}
    workload = {**WORKLOAD, "options": options}
    with Worker("ours", Path(sys.executable), "dragoman", workload, tmp_path) as started:
        yield started


def test_a_worker_translates_when_it_is_told_to(worker: Worker) -> None:
    assert worker.version == "float32"
    assert worker.parameters > 1000
    for batch, beam in ((1, 1), (4, 2)):
        done = worker.translate(batch, beam)
        assert done.cpu_seconds > 0.0
        assert done.seconds > 0.0


def test_a_worker_that_has_ended_is_an_error(worker: Worker) -> None:
    with pytest.raises(BenchmarkError, match="ours has ended"):
        worker.translate(1, 0)  # no beam at all


def test_a_worker_that_cannot_start_says_why(tmp_path: Path) -> None:
    worker = Worker("theirs", Path(sys.executable), "dragoman", {**WORKLOAD, "options": {}}, tmp_path)
    with pytest.raises(BenchmarkError, match=r"theirs has ended.*KeyError"), worker:
        pass


def test_sources_are_the_same_for_everyone() -> None:
    sources = Workload(**WORKLOAD, options={}).sources()
    assert sources == Workload(**WORKLOAD, options={}).sources()
    assert [len(source) for source in sources] == [4] * 5
    assert all(FIRST_WORD <= word < 60 for source in sources for word in source)


def test_ratios_are_those_of_the_same_round(worker: Worker, capsys: pytest.CaptureFixture[str]) -> None:
    ours = [PeerPass(seconds=1.0, cpu_seconds=0.5), PeerPass(seconds=9.0, cpu_seconds=1.0)]
    theirs = [PeerPass(seconds=2.0, cpu_seconds=1.5), PeerPass(seconds=9.0, cpu_seconds=4.0)]
    cell = PeerCell.of(worker, 32, 5, 8, theirs, ours)
    assert (cell.ratio.low, cell.ratio.median, cell.ratio.high) == (3.0, 3.5, 4.0)
    assert cell.sentences_per_second.high == 4.0
    assert cell.sentences_per_cpu_second.high == pytest.approx(8 / 1.5)
    show_peers(PeerResults(sentences=8, length=4, vocabulary=60, cells=(cell,)), "ours")
    assert "3.50x (3.00 to 4.00)" in capsys.readouterr().out


def test_the_first_round_is_not_counted(monkeypatch: pytest.MonkeyPatch, worker: Worker) -> None:
    monkeypatch.setattr(peers, "OURS", "ours")
    options = argparse.Namespace(batch=[2], beam_size=[1, 2], rounds=1, sentences=5)
    cells = peers.measure([worker], options)
    assert [(cell.batch, cell.beam_size) for cell in cells] == [(2, 1), (2, 2)]
    assert all(cell.ratio.low == cell.ratio.high == 1.0 for cell in cells)
