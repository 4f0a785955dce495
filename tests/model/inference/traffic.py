"""Searches over the packed network as a service would run them, and a second way to do the same."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pytest
import torch
from torch import Tensor

from model.decoding import Job, RunningBatch, Translation
from model.inference.network import PackedSeq2Seq
from model.inference.state import PackedMemory, PackedState
from model.interface import Forced, Step
from tests.model.decoding.samples import some_terms

Batch = RunningBatch[PackedMemory, PackedState]


@dataclass
class Unsearching:
    """A packed network that does not search, so that it is asked for every log-probability."""

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


def in_traffic(batch: Batch, jobs: Sequence[Job], dice: random.Random) -> dict[int, Translation]:
    """Join at random times and rest at some; one in ten is removed on the way and joins again later."""
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
        finished = batch.step(dice.choice([1, 1, 2, 5]), some(batch.ids, dice))
        done.update({each.id: each.translation for each in finished})
    return done


def some(ids: Sequence[int], dice: random.Random) -> frozenset[int] | None:
    """Who takes steps: half of the time all, or else any of them."""
    return None if dice.random() < 0.5 else frozenset(dice.sample(ids, dice.randint(0, len(ids))))


def alone(network: PackedSeq2Seq, job: Job) -> Translation:
    batch: Batch = RunningBatch(network)
    batch.join([job])
    while not (done := batch.step()):
        pass
    return done[0].translation


def without_sampling(jobs: Sequence[Job]) -> list[Job]:
    return [job for job in jobs if job.options.strategy == "beam"]


def with_terms(jobs: Sequence[Job], words: range, dice: random.Random) -> list[Job]:
    """The same, three quarters of them with one to three terms, most of which the network dislikes."""
    return [
        replace(job, terms=some_terms(dice, job.source, words)) if dice.random() < 0.75 else job
        for job in jobs
    ]


def assert_same(found: Mapping[int, Translation], expected: Mapping[int, Translation]) -> None:
    """Everything to the last bit but scores, whose logarithms come from another library."""
    assert found.keys() == expected.keys()
    for job, translation in found.items():
        assert translation.steps == expected[job].steps
        for one, other in zip(translation.hypotheses, expected[job].hypotheses, strict=True):
            assert one.tokens == other.tokens
            assert one.log_prob == other.log_prob
            assert one.coverage == other.coverage
            assert one.truncated == other.truncated
            assert one.score == pytest.approx(other.score, rel=1e-14)
            assert (one.attention is None) == (other.attention is None)
            if one.attention is not None and other.attention is not None:
                assert (one.attention == other.attention).all()
                assert not one.attention.flags.writeable
