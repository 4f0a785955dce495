"""Searches over the packed network: by its own ranking as by all log-probabilities, alone as in traffic."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from model.decoding import Job, RunningBatch, Translation
from model.errors import DecodingError
from model.inference.network import PackedSeq2Seq
from model.inference.state import PackedMemory, PackedState
from model.interface import Forced, Step
from tests.model.decoding.samples import mixed_jobs
from tests.model.inference.conftest import VOCABULARY, build

Batch = RunningBatch[PackedMemory, PackedState]
MANY = 10_000


@dataclass
class Unranked:
    """A packed network that says nothing of ranking, so that the search asks for every log-probability."""

    network: PackedSeq2Seq

    @property
    def vocabulary_size(self) -> int:
        return self.network.vocabulary_size

    @property
    def device(self) -> torch.device:
        return self.network.device

    def encode(self, source: Tensor, mask: Tensor) -> PackedMemory:
        return self.network.encode(source, mask)

    def init_state(self, memory: PackedMemory, beam: int) -> PackedState:
        return self.network.init_state(memory, beam)

    def step(self, tokens: Tensor, state: PackedState, memory: PackedMemory) -> Step[PackedState]:
        return self.network.step(tokens, state, memory)

    def force(self, source: Tensor, mask: Tensor, target_in: Tensor) -> Forced:
        return self.network.force(source, mask, target_in)


@pytest.fixture(scope="module")
def network(kernels: None) -> PackedSeq2Seq:
    return PackedSeq2Seq(build())


def in_traffic(batch: Batch, jobs: Sequence[Job], dice: random.Random) -> dict[int, Translation]:
    """Join at random times; one in ten is removed on the way and joins again later."""
    waiting, by_id = list(jobs), {job.id: job for job in jobs}
    dice.shuffle(waiting)
    done: dict[int, Translation] = {}
    unlucky = {job.id for job in jobs if dice.random() < 0.1}
    while waiting or batch.rows:
        if batch.rows < 256 and dice.random() < 0.7:
            batch.join([waiting.pop() for _ in range(min(len(waiting), dice.randint(1, 64)))])
        leaving = [each for each in batch.ids if each in unlucky and dice.random() < 0.3]
        batch.remove(leaving)
        unlucky.difference_update(leaving)
        waiting.extend(by_id[each] for each in leaving)
        done.update({finished.id: finished.translation for finished in batch.step()})
    return done


def alone(network: PackedSeq2Seq, job: Job) -> Translation:
    batch: Batch = RunningBatch(network)
    batch.join([job])
    while not (done := batch.step()):
        pass
    return done[0].translation


def capped(job: Job, limit: int) -> Job:
    options = job.options.model_copy(update={"max_length": min(limit, job.max_length)})
    return Job(job.id, job.source, options, job.attention)


def without_sampling(jobs: Sequence[Job]) -> list[Job]:
    return [job for job in jobs if job.options.strategy == "beam"]


def test_the_search_finds_the_same_by_either_way(network: PackedSeq2Seq) -> None:
    jobs = without_sampling(mixed_jobs(400, VOCABULARY, seed=6, longest=12))
    ranked = in_traffic(RunningBatch(network), jobs, random.Random(1))
    dense = in_traffic(RunningBatch(Unranked(network)), jobs, random.Random(2))
    assert ranked == dense
    for job in jobs:
        pairs = zip(ranked[job.id].hypotheses, dense[job.id].hypotheses, strict=True)
        for one, other in pairs:
            assert (one.attention is None) == (other.attention is None) == (not job.attention)
            if one.attention is not None and other.attention is not None:
                assert (one.attention == other.attention).all()
    assert len({len(each.best.tokens) for each in ranked.values()}) > 6


def test_ten_thousand_sentences_that_come_and_go_are_all_the_same(network: PackedSeq2Seq) -> None:
    """Tokens, scores and coverage to the last bit; samplers, whose steps rank nothing, among them."""
    jobs = [capped(job, 10) for job in mixed_jobs(MANY, VOCABULARY, seed=7, longest=12)]
    one = in_traffic(RunningBatch(network), jobs, random.Random(3))
    other = in_traffic(RunningBatch(network), jobs, random.Random(4))
    assert len(one) == MANY
    assert one == other


def test_a_sentence_in_traffic_is_translated_as_if_alone(network: PackedSeq2Seq) -> None:
    jobs = [capped(job, 10) for job in mixed_jobs(200, VOCABULARY, seed=8, longest=12)]
    together = in_traffic(RunningBatch(network), jobs, random.Random(5))
    assert together == {job.id: alone(network, job) for job in jobs}


def test_early_stopping_changes_no_result(network: PackedSeq2Seq) -> None:
    jobs = without_sampling(mixed_jobs(150, VOCABULARY, seed=9))
    for job in jobs:
        found = [
            alone(network, Job(job.id, job.source, job.options.model_copy(update={"early_stopping": early})))
            for early in (True, False)
        ]
        assert found[0].hypotheses == found[1].hypotheses
        assert found[0].steps <= found[1].steps


def test_numbers_that_cannot_be_used_are_an_error(kernels: None) -> None:
    trained = build()
    trained.output_bias[40] = torch.inf
    batch: Batch = RunningBatch(PackedSeq2Seq(trained))
    batch.join(without_sampling(mixed_jobs(3, VOCABULARY)))
    with pytest.raises(DecodingError, match="not finite"):
        batch.step()
