"""The least work of a step, counted by hand."""

from __future__ import annotations

import pytest
import torch

from benchmarks.roofline import Peaks, Work, best_seconds, encoder_work, measure_peaks, step_work
from model.config import ModelConfig
from model.recurrent import RecurrentSeq2Seq

CPU = torch.device("cpu")
BUNDLED = ModelConfig(vocabulary_size=6000, embedding_size=256, hidden_size=384)


def test_a_step_of_the_bundled_network() -> None:
    """By the table of docs/performance.md, but for its first layer, which looks the last token's part up."""
    model = RecurrentSeq2Seq(BUNDLED)
    first, query, upper = 1536 * (256 + 384), 384 * 384, 1536 * (384 + 384 + 384)
    readout, softmax, attention = 768 * 256, 6000 * 256, 2 * 16 * 384
    weights = first + query + upper + readout + softmax
    one = step_work(model, rows=1, beam=1, src_len=16)
    assert one.flops == 2 * (weights + attention)
    state = 2 * 2 * 384  # two layers, hidden state and cell
    assert one.bytes == 4 * (weights + attention + 2 * state) + 2 * 4 * 6000
    many = step_work(model, rows=3, beam=5, src_len=16)
    assert many.flops == 15 * one.flops
    assert many.bytes == 4 * (weights + 3 * attention + 15 * 2 * state) + 15 * 2 * 4 * 6000


def test_encoding_with_the_bundled_network() -> None:
    model = RecurrentSeq2Seq(BUNDLED).bfloat16()
    both_ways, second, keys_and_values = 2 * 768 * (256 + 192), 1536 * (384 + 384), 2 * 384 * 384
    work = encoder_work(model, rows=3, src_len=7)
    assert work.flops == 2 * 21 * (both_ways + second + keys_and_values)
    assert work.bytes == 2 * (both_ways + second + keys_and_values)


def test_the_slower_of_arithmetic_and_traffic_decides() -> None:
    peaks = Peaks(flops_per_second=10.0, bytes_per_second=2.0)
    assert peaks.seconds(Work(30.0, 4.0)) == 3.0
    assert peaks.seconds(Work(30.0, 4.0) + Work(0.0, 6.0).times(2)) == 8.0


def test_peaks_are_those_of_the_best_try(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0.0, 9.0, 10.0, 14.0, 20.0, 22.0, 30.0, 33.0, 40.0, 45.0, 50.0, 53.0])
    monkeypatch.setattr("time.perf_counter", lambda: next(times))
    assert best_seconds(lambda: None, CPU) == 2.0  # the first try warms up


def test_peaks_are_rates() -> None:
    peaks = measure_peaks(CPU, torch.float32, width=32, copied_bytes=1000)
    assert peaks.flops_per_second > 0
    assert peaks.bytes_per_second > 0
