"""Joining, leaving, splitting and failing: none of it touches the other rows."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from torch import Tensor

from model.config import DecodingOptions
from model.decoding import Finished, Job, RunningBatch
from model.errors import DecodingError
from model.interface import Step
from model.tokenizer import EOS
from tests.model.decoding.network import TinyMemory, TinyNetwork, TinyState
from tests.model.decoding.samples import mixed_jobs

Batch = RunningBatch[TinyMemory, TinyState]
VOCABULARY = 12
POISON = 11


class FragileNetwork(TinyNetwork):
    """Fails, or gives numbers that are none, on sentences with ``POISON`` in them."""

    encoding_fails = False
    stepping_fails = False
    number: float | None = None

    def encode(self, source: Tensor, mask: Tensor) -> TinyMemory:
        if self.encoding_fails and bool((source == POISON).any()):
            raise RuntimeError("out of memory")
        memory = super().encode(source, mask)
        return TinyMemory(memory.values.masked_fill((source == POISON)[:, :, None], 77.0), mask)

    def step(self, tokens: Tensor, state: TinyState, memory: TinyMemory) -> Step[TinyState]:
        poisoned = (memory.values == 77.0).flatten(1).any(1)
        if self.stepping_fails and bool(poisoned.any()):
            raise RuntimeError("out of memory")
        step = super().step(tokens, state, memory)
        if self.number is None:
            return step
        log_probs = step.log_probs.masked_fill(poisoned[:, None, None], self.number)
        return step._replace(log_probs=log_probs)


def finish(batch: Batch) -> dict[int, Finished]:
    done = {}
    while batch.rows:
        done.update({each.id: each for each in batch.step()})
    return done


def alone(network: TinyNetwork, job: Job) -> Finished:
    batch = RunningBatch(network)
    batch.join([job])
    return finish(batch)[job.id]


def assert_equal(found: Finished, expected: Finished) -> None:
    assert found.id == expected.id
    assert found.translation.steps == expected.translation.steps
    pairs = zip(found.translation.hypotheses, expected.translation.hypotheses, strict=True)
    for one, other in pairs:
        assert one.tokens == other.tokens
        assert one.truncated == other.truncated
        assert one.score == pytest.approx(other.score, abs=1e-5)
        assert one.coverage == pytest.approx(other.coverage, abs=1e-5)
        assert (one.attention is None) == (other.attention is None)
        if one.attention is not None and other.attention is not None:
            np.testing.assert_allclose(one.attention, other.attention, atol=1e-6)


def test_random_traffic_decodes_every_row_as_if_alone() -> None:
    network = TinyNetwork(VOCABULARY, seed=1, eos_bias=0.5)
    jobs = mixed_jobs(200, VOCABULARY, seed=1)
    batch, dice, waiting = RunningBatch(network), random.Random(1), list(jobs)
    removed: set[int] = set()
    done: dict[int, Finished] = {}
    elsewhere: Batch | None = None
    while waiting or batch.rows or elsewhere:
        for _ in range(dice.randint(0, 2)):
            count = dice.randint(0, min(6, len(waiting)))
            batch.join([waiting.pop() for _ in range(count)])
        if batch.rows and dice.random() < 0.2:
            leaving = dice.sample(batch.ids, k=dice.randint(1, min(2, batch.rows)))
            removed.update(leaving)
            batch.remove(leaving)
        if elsewhere is not None and dice.random() < 0.5:
            batch.absorb(elsewhere)
            elsewhere = None
        elif elsewhere is None and batch.rows and dice.random() < 0.2:
            elsewhere = batch.split(dice.sample(batch.ids, k=dice.randint(0, batch.rows)))
        for each in (batch, elsewhere):
            if each is not None and dice.random() < 0.9:
                done.update({finished.id: finished for finished in each.step()})
    assert done.keys() | removed == {job.id for job in jobs}
    assert done.keys().isdisjoint(removed)
    assert len(done) > 100
    for job in jobs:
        if job.id in done:
            assert_equal(done[job.id], alone(network, job))


def test_what_it_holds_is_told() -> None:
    batch = RunningBatch(TinyNetwork(VOCABULARY, eos_bias=-20.0))
    empty = (0, (), 0, 0, 0, 0, 0.0)

    def told() -> tuple[object, ...]:
        return (
            batch.rows,
            batch.ids,
            batch.beam,
            batch.source_tokens,
            batch.source_length,
            batch.padded_tokens,
            batch.padding_ratio,
        )

    assert told() == empty
    batch.join([Job(7, (4, 5, 6, EOS), DecodingOptions(beam_size=2))])
    batch.step()
    batch.join([Job(3, (4, EOS), DecodingOptions(beam_size=4)), Job(5, (EOS,), DecodingOptions(beam_size=1))])
    assert told() == (3, (7, 3, 5), 4, 7, 4, 12, pytest.approx(5 / 12))
    batch.step()
    batch.remove([7, 99])
    assert told() == (2, (3, 5), 4, 3, 2, 4, pytest.approx(1 / 4))
    batch.remove([3])
    assert told() == (1, (5,), 1, 1, 1, 1, 0.0)
    batch.remove([5])
    assert told() == empty
    assert batch.step() == []


def test_a_failing_join_leaves_the_batch_as_it_was() -> None:
    network = FragileNetwork(VOCABULARY, seed=4)
    network.encoding_fails = True
    good = Job(1, (4, 5, EOS), DecodingOptions())
    batch = RunningBatch(network)
    batch.join([good])
    batch.step()
    with pytest.raises(RuntimeError, match="out of memory"):
        batch.join([Job(2, (6, EOS), DecodingOptions()), Job(3, (POISON, EOS), DecodingOptions())])
    assert batch.ids == (1,)
    assert_equal(finish(batch)[1], alone(network, good))


@pytest.mark.parametrize("number", [None, torch.nan, -torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("strategy", ["beam", "sample"])
def test_a_failing_step_can_be_repeated_without_the_row_at_fault(number: float | None, strategy: str) -> None:
    options = DecodingOptions(beam_size=3, min_length=3, max_length=6).model_copy(
        update={"strategy": strategy}
    )
    network = FragileNetwork(VOCABULARY, seed=4)
    jobs = [Job(1, (4, 5, EOS), options), Job(2, (POISON, EOS), options), Job(3, (6, 6, 6, EOS), options)]
    batch = RunningBatch(network)
    batch.join(jobs)
    assert batch.step() == []
    network.number, network.stepping_fails = number, number is None
    expected = r"not finite for jobs \[2\]" if number is not None else "out of memory"
    for _ in range(2):
        with pytest.raises((DecodingError, RuntimeError), match=expected):
            batch.step()
    assert batch.ids == (1, 2, 3)
    other = batch.split([1, 2])
    with pytest.raises((DecodingError, RuntimeError), match=expected):
        other.step()
    done = {each.id: each for each in batch.step()}
    other.remove([2])
    done.update({each.id: each for each in other.step()})
    batch.absorb(other)
    assert not other.rows
    done.update(finish(batch))
    assert done.keys() == {1, 3}
    for job in (jobs[0], jobs[2]):
        assert_equal(done[job.id], alone(network, job))


@pytest.mark.parametrize(
    ("jobs", "message"),
    [
        ([Job(1, (), DecodingOptions())], "job 1: source must not be empty"),
        ([Job(1, (4, VOCABULARY), DecodingOptions())], "job 1: source ids must be from 0 to 11"),
        ([Job(1, (-1, 4), DecodingOptions())], "job 1: source ids must be from 0 to 11"),
        ([Job(9, (4, EOS), DecodingOptions())], "job 9: the id is in use"),
        (
            [Job(1, (4, EOS), DecodingOptions()), Job(1, (5, EOS), DecodingOptions())],
            "job 1: the id is in use",
        ),
    ],
)
def test_jobs_that_cannot_be_used_are_refused(jobs: list[Job], message: str) -> None:
    batch = RunningBatch(TinyNetwork(VOCABULARY))
    batch.join([Job(9, (4, EOS), DecodingOptions())])
    with pytest.raises(ValueError, match=message):
        batch.join(jobs)
    assert batch.ids == (9,)


def test_batches_that_share_a_job_are_not_merged() -> None:
    network = TinyNetwork(VOCABULARY)
    one, other = RunningBatch(network), RunningBatch(network)
    for batch in (one, other):
        batch.join([Job(4, (4, EOS), DecodingOptions())])
    with pytest.raises(ValueError, match="job 4: the id is in use"):
        one.absorb(other)
    assert one.ids == other.ids == (4,)


@pytest.mark.parametrize(
    ("forbidden", "message"), [({EOS}, "must not hold EOS"), ({VOCABULARY}, "from 0 to 11, not 12")]
)
def test_forbidden_ids_that_cannot_be_used_are_refused(forbidden: set[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RunningBatch(TinyNetwork(VOCABULARY), forbidden=forbidden)


def test_a_long_lived_batch_keeps_no_room_for_those_who_left() -> None:
    """One very long sentence among short ones costs everyone padding only while it is there."""
    network = TinyNetwork(VOCABULARY, eos_bias=-20.0)
    batch = RunningBatch(network)
    batch.join([Job(0, (*([4] * 50), EOS), DecodingOptions(beam_size=6, max_length=3))])
    batch.join([Job(1, (4, EOS), DecodingOptions(beam_size=2, max_length=200))])
    assert (batch.source_length, batch.beam) == (51, 6)
    while batch.rows == 2:
        batch.step()
    assert (batch.source_length, batch.beam) == (2, 2)
    done = finish(batch)[1].translation
    assert len(done.best.tokens) == 200
