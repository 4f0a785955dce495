"""The attention that the search records is that of the network made to say the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, Self

import numpy as np
import pytest
import torch

from model.config import DecodingOptions
from model.decoding import Finished, Job, RunningBatch, Translation, align, decode
from model.interface import Seq2Seq, Step
from tests.model.architectures import SHAPES, config_of, random_network
from tests.model.architectures import VOCABULARY as NETWORK_VOCABULARY
from tests.model.decoding.network import TinyMemory, TinyNetwork, TinyState
from tests.model.decoding.samples import mixed_jobs, sources

VOCABULARY = 12


class FailingNetwork(TinyNetwork):
    """Cannot reorder its state the next time; everything else of that step has been done by then."""

    fails = False

    def step(self, tokens: torch.Tensor, state: TinyState, memory: TinyMemory) -> Step[TinyState]:
        step = super().step(tokens, state, memory)
        return step._replace(state=FailingState(step.state.hidden)) if self.fails else step


class FailingState(TinyState):
    def reorder(self, parents: torch.Tensor) -> Self:
        raise RuntimeError("out of memory")


def assert_aligned(network: Seq2Seq[Any, Any], job: Job, translation: Translation) -> None:
    """Every hypothesis has the attention of teacher forcing, or none where none was asked for."""
    for hypothesis in translation.hypotheses:
        if not job.attention:
            assert hypothesis.attention is None
            continue
        [expected] = align(network, [job.source], [hypothesis.tokens])
        assert hypothesis.attention is not None
        assert hypothesis.attention.dtype == np.float32
        assert hypothesis.attention.shape == (len(hypothesis.tokens) + 1, len(job.source))
        np.testing.assert_allclose(hypothesis.attention, expected.numpy(), atol=1e-4)
        np.testing.assert_allclose(hypothesis.attention.sum(0), hypothesis.coverage, atol=1e-4)
        assert not hypothesis.attention.flags.writeable


def traffic(network: TinyNetwork, jobs: list[Job], dice: random.Random) -> Iterator[Finished]:
    """Rows join, move to another batch and back, and are taken out and begun again."""
    batch, other = RunningBatch(network), RunningBatch(network)
    waiting, by_id = list(jobs), {job.id: job for job in jobs}
    while waiting or batch.rows or other.rows:
        batch.join([waiting.pop() for _ in range(min(len(waiting), dice.randint(0, 4)))])
        if dice.random() < 0.3:
            moved = batch.split(dice.sample(batch.ids, k=dice.randint(0, batch.rows)))
            other.absorb(moved)
        if dice.random() < 0.3:
            batch.absorb(other)
        if batch.rows and dice.random() < 0.1:
            leaving = dice.choice(batch.ids)
            batch.remove([leaving])
            waiting.append(by_id[leaving])
        yield from batch.step()
        if dice.random() < 0.7:
            yield from other.step()


@pytest.mark.parametrize("eos_bias", [0.0, 0.7])
def test_attention_survives_whatever_happens_to_the_batch(eos_bias: float) -> None:
    network = TinyNetwork(VOCABULARY, seed=5, eos_bias=eos_bias)
    jobs = mixed_jobs(120, VOCABULARY, seed=5)
    done = {each.id: each.translation for each in traffic(network, jobs, random.Random(5))}
    assert done.keys() == {job.id for job in jobs}
    for job in jobs:
        assert_aligned(network, job, done[job.id])


@pytest.mark.parametrize("name", SHAPES)
def test_every_kind_of_network(name: str) -> None:
    network = random_network(config_of(name))
    batch = sources(12, NETWORK_VOCABULARY, seed=6, longest=9)
    options = DecodingOptions(beam_size=4, n_best=2, length_penalty=1.0, max_length=12)
    found = decode(network, batch, options, attention=True, max_rows=5)
    for index, source in enumerate(batch):
        assert_aligned(network, Job(index, source, options, attention=True), found[index])
    if network.config.attention == "none":  # it knows nothing of places, and says so
        weights = found[0].best.attention
        assert weights is not None
        np.testing.assert_allclose(weights, 1 / len(batch[0]), atol=1e-6)


def test_nothing_is_recorded_unasked() -> None:
    found = decode(TinyNetwork(VOCABULARY), [(4, 5, 2)], DecodingOptions(beam_size=2))
    assert found[0].best.attention is None


def test_a_step_that_failed_is_recorded_once() -> None:
    network = FailingNetwork(VOCABULARY, seed=7)
    job = Job(1, (4, 5, 6, 2), DecodingOptions(beam_size=3, min_length=3, max_length=6), attention=True)
    batch = RunningBatch(network)
    batch.join([job])
    batch.step()
    network.fails = True
    for _ in range(2):
        with pytest.raises(RuntimeError, match="out of memory"):
            batch.step()
    network.fails = False
    while not (done := batch.step()):
        pass
    assert_aligned(network, job, done[0].translation)
