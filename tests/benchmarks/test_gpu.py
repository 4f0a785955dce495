"""The command ``python -m benchmarks.gpu`` on a CPU, where its numbers mean nothing but must be there."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from benchmarks.gpu import GNMT_ON_A100, SIZES, GpuResults, main, measure, show
from benchmarks.gpu_decoder import GpuBenchmark, Setting
from benchmarks.record import Record
from benchmarks.roofline import Peaks
from model.slots import SlotSearch

CPU = torch.device("cpu")


def test_every_combination_is_measured_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "gpu.json"
    arguments = ["--size", "tiny", "--device", "cpu", "--precision", "float32", "--repeats", "2"]
    assert main([*arguments, "--output", str(path)]) == 0
    record = Record[GpuResults].model_validate_json(path.read_text())
    results = record.results
    assert (results.device, results.precision, results.repeats) == ("CPU", "float32", 2)
    assert [(cell.batch, cell.beam_size) for cell in results.cells] == list(SIZES["tiny"].combinations)
    for cell in results.cells:
        tokens, steps = cell.batch * results.target_tokens, results.target_tokens + 1
        rate, general = cell.tokens_per_second, cell.general_tokens_per_second
        assert 0 < rate.low <= rate.median <= rate.high
        assert rate.low <= 1000 * tokens / (cell.step_ms * steps) <= rate.high
        assert general is not None
        assert general.low > 0
        assert 0 < cell.roofline_share < 1
        assert cell.memory_gib is None
    assert "decoding on CPU, float32; at best" in capsys.readouterr().out
    assert record.provenance.command.startswith("python -m benchmarks.gpu --size tiny")


def test_sentences_are_decoded_in_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    joined = []
    join = SlotSearch.join

    def note(self: SlotSearch, jobs: list[object]) -> None:
        joined.append(len(jobs))
        join(self, jobs)  # type: ignore[arg-type]

    monkeypatch.setattr(SlotSearch, "join", note)
    size = SIZES["tiny"]
    setting = Setting(size.model, torch.float32, CPU, size.source_tokens, size.target_tokens, 1)
    cell = GpuBenchmark(setting, Peaks(flops_per_second=1e12, bytes_per_second=1e12)).measure(
        4, 2, general=False
    )
    assert joined == [4, 4, 4]
    assert cell.general_tokens_per_second is None


def test_published_numbers_stand_beside_ours(capsys: pytest.CaptureFixture[str]) -> None:
    size = SIZES["tiny"]._replace(combinations=((1, 5),), landmarks=GNMT_ON_A100)
    results = measure(size, CPU, torch.float32, 1, general=False)
    assert results.landmarks == {"1/5": 848.0, "32/5": 11803.0, "128/5": 28201.0, "512/5": 47003.0}
    show(results)
    out = capsys.readouterr().out
    assert "848" in out
    assert f"{results.cells[0].tokens_per_second.median / 848:.2f}" in out


def test_the_network_is_as_deep_and_wide_as_the_published_one() -> None:
    config = SIZES["gnmt"].model
    assert (config.encoder_layers, config.decoder_layers, config.hidden_size, config.cell) == (
        4,
        4,
        1024,
        "lstm",
    )
    assert SIZES["gnmt"].combinations == tuple(GNMT_ON_A100)


def test_slots_that_fail_are_not_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(self: SlotSearch) -> None:
        raise RuntimeError("no memory")

    monkeypatch.setattr(SlotSearch, "step", fail)
    assert main(["--size", "tiny", "--device", "cpu", "--repeats", "1"]) == 2
    assert "the slots have failed" in capsys.readouterr().err


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_a_missing_gpu_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--size", "tiny"]) == 2
    assert "--device cuda: no CUDA device is available here" in capsys.readouterr().err


def test_a_pass_with_other_lengths_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    size = SIZES["tiny"]
    setting = Setting(size.model, torch.float32, CPU, size.source_tokens, size.target_tokens, 1)
    benchmark = GpuBenchmark(setting, Peaks(flops_per_second=1e12, bytes_per_second=1e12))
    jobs = benchmark._jobs(2, 2)
    shorter = [
        dataclasses.replace(job, options=job.options.model_copy(update={"min_length": 0, "max_length": 2}))
        for job in jobs
    ]
    with pytest.raises(RuntimeError, match="lengths were to be forced"):
        benchmark._time(benchmark._running_batch, shorter)
