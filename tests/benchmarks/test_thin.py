"""The service beside its decoder: sentences, shares, and the whole of it for as short as it goes."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.record import Record
from benchmarks.thin import build_parser, different_sentences, run
from benchmarks.thin_offline import OfflineRound
from benchmarks.thin_results import LoadResults, Pair, ThinResults
from benchmarks.thin_service import ServiceRound


def pair(offline_cpu: float, main: float, other: float) -> Pair:
    offline = OfflineRound(
        sentences=10, target_tokens=100, seconds=1.0, cpu_seconds=offline_cpu, kernel_seconds=0.5
    )
    service = ServiceRound(
        load="single",
        sentences=10,
        seconds=1.25,
        main_thread_seconds=main,
        other_seconds=other,
        client_seconds=0.1,
        rows_per_step=8.0,
        second_tries=1,
    )
    return Pair(offline, service)


def test_shares_are_those_of_a_round() -> None:
    found = LoadResults.of([pair(0.9, 0.2, 0.8), pair(0.6, 0.2, 0.8), pair(0.8, 0.6, 1.0)])
    assert (found.share.median, found.share.low, found.share.high) == pytest.approx((0.6, 0.5, 0.9))
    assert found.rate_share.median == pytest.approx(0.8)
    assert found.service_ms.high == pytest.approx(160.0)
    assert found.main_thread_ms.median == pytest.approx(20.0)
    assert found.second_tries == pytest.approx(0.1)


def test_no_sentence_comes_twice() -> None:
    options = argparse.Namespace(input=None, source_lang="de")
    sentences = list(different_sentences(options, 5000))
    assert len(set(sentences)) == 5000
    assert sentences == list(different_sentences(options, 5000))
    with pytest.raises(BenchmarkError, match="but 100000 are needed"):
        different_sentences(options, 100_000)


def test_it_measures_the_service_beside_the_decoder(
    quick_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "result.json"
    arguments = [str(quick_checkpoint), "--sentences", "30", "--rounds", "1", "--output", str(output)]
    run(build_parser().parse_args(arguments), arguments)
    results = Record[ThinResults].model_validate_json(output.read_text(encoding="utf-8")).results
    assert [one.load for one in results.loads] == ["single", "list"]
    assert all(one.share.median > 0.0 and one.service_ms.median > 0.0 for one in results.loads)
    assert all(value > 0.0 for value in results.parts_us.values())
    assert "quality signals" in capsys.readouterr().out
