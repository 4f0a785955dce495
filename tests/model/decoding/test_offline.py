"""Many sentences at hand: order, limits, progress."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from model.config import DecodingOptions
from model.decoding import Job, RunningBatch, decode, decode_stream
from model.interface import Step
from tests.model.decoding.network import TinyMemory, TinyNetwork, TinyState
from tests.model.decoding.samples import mixed_jobs, sources

VOCABULARY = 12


class WatchedNetwork(TinyNetwork):
    """Notes how large the batches are that it steps."""

    def __init__(self) -> None:
        super().__init__(VOCABULARY, seed=3)
        self.batches: list[tuple[int, int]] = []

    def step(self, tokens: Tensor, state: TinyState, memory: TinyMemory) -> Step[TinyState]:
        self.batches.append((memory.mask.shape[0], memory.mask.shape[1]))
        return super().step(tokens, state, memory)


def test_results_are_in_the_order_of_the_sources() -> None:
    network, options = TinyNetwork(VOCABULARY, seed=3), DecodingOptions(beam_size=3)
    batch = sources(30, VOCABULARY, seed=3)
    found = decode(network, batch, options, max_rows=7)
    for source, translation in zip(batch, found, strict=True):
        running = RunningBatch(network)
        running.join([Job(0, source, options)])
        while not (done := running.step()):
            pass
        assert translation.best.tokens == done[0].translation.best.tokens


def test_nothing_in_nothing_out() -> None:
    assert decode(TinyNetwork(VOCABULARY), [], DecodingOptions()) == []


@pytest.mark.parametrize(("max_rows", "max_padded_tokens"), [(1, 1000), (5, 1000), (64, 40), (64, 9), (3, 1)])
def test_the_limits_are_kept_and_used(max_rows: int, max_padded_tokens: int) -> None:
    network = WatchedNetwork()
    jobs = mixed_jobs(40, VOCABULARY, seed=2, longest=12)
    stream = decode_stream(network, jobs, max_rows=max_rows, max_padded_tokens=max_padded_tokens)
    assert {each.id for each in stream} == set(range(40))
    assert all(rows <= max_rows for rows, _ in network.batches)
    assert all(rows == 1 or rows * width <= max_padded_tokens for rows, width in network.batches)
    fullest = max(rows for rows, _ in network.batches)
    assert fullest == max_rows or fullest > max_padded_tokens // 8 or max_padded_tokens < 9


def test_progress_is_reported_up_to_the_end() -> None:
    seen: list[tuple[int, int]] = []
    decode(
        TinyNetwork(VOCABULARY),
        sources(20, VOCABULARY),
        DecodingOptions(beam_size=2),
        on_progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(done, 20) for done in range(1, 21)]


@pytest.mark.parametrize(("max_rows", "max_padded_tokens"), [(0, 10), (10, 0)])
def test_limits_that_cannot_be_used_are_refused(max_rows: int, max_padded_tokens: int) -> None:
    network = TinyNetwork(VOCABULARY)
    with pytest.raises(ValueError, match="must be positive"):
        decode(network, [(4, 2)], DecodingOptions(), max_rows=max_rows, max_padded_tokens=max_padded_tokens)


def test_no_gradient_is_recorded() -> None:
    network = TinyNetwork(VOCABULARY)
    network.output.requires_grad_(True)
    decode(network, [(4, 2)], DecodingOptions())
    assert torch.is_grad_enabled()
