"""Slots give what the general search gives, whoever comes and goes meanwhile."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch

from model.config import DecodingOptions
from model.decoding import Job, Term
from model.errors import DecodingError
from model.recurrent import RecurrentSeq2Seq
from model.slots import SlotBatch, SlotSearch, SlotShape
from model.slots.buffers import Slots
from model.slots.pool import SlotPool
from model.tokenizer import EOS
from tests.model.decoding.samples import beam_options, mixed_jobs, sources
from tests.model.slots.samples import (
    POISON,
    SMALL,
    VOCABULARY,
    GrainyNetwork,
    PoisonedNetwork,
    alone,
    assert_same,
    in_traffic,
    network,
    run_out,
    slot_batch,
    slot_searches,
)
from tests.model.slots.test_step import ATTENDING


def beam_jobs(count: int, *, seed: int = 0, longest: int = 12) -> list[Job]:
    """Beam searches of every kind, of at most twelve tokens."""
    dice = random.Random(seed)
    jobs = []
    for index, source in enumerate(sources(count, POISON, seed=seed, longest=longest)):
        options = beam_options(dice)
        limit = min(options.max_length or 12, 12)
        jobs.append(Job(index, source, options.model_copy(update={"max_length": limit})))
    return jobs


def same_options(options: DecodingOptions, count: int = 12) -> list[Job]:
    return [Job(index, source, options) for index, source in enumerate(sources(count, POISON, longest=12))]


@contextmanager
def nothing_in_general(batch: SlotBatch) -> Iterator[None]:
    """All that joins meanwhile is decoded in slots."""
    yield
    assert batch.rows
    assert not batch._general.rows


@pytest.mark.parametrize("kind", [RecurrentSeq2Seq, GrainyNetwork], ids=["distinct", "tied"])
@pytest.mark.parametrize("rows", [1, 3, 40])
def test_traffic_of_all_options_is_decoded_as_if_alone(rows: int, kind: type[RecurrentSeq2Seq]) -> None:
    model = network(kind=kind)
    jobs = beam_jobs(30, seed=rows)
    batch = slot_batch(model, SlotShape(rows, 1, 20, 12), SlotShape(rows, 6, 20, 12))
    found = in_traffic(batch, jobs, random.Random(rows), most=rows)
    assert found.keys() == {job.id for job in jobs}
    for job in jobs:
        assert_same(found[job.id], alone(model, job))


@pytest.mark.parametrize("name", ATTENDING)
def test_every_cell_and_attention_is_decoded_as_if_alone(name: str) -> None:
    model = network(name)
    batch, jobs = (
        slot_batch(model),
        same_options(DecodingOptions(n_best=3, coverage_penalty=0.2, max_length=20)),
    )
    with nothing_in_general(batch):
        batch.join(jobs)
    found = run_out(batch)
    for job in jobs:
        assert_same(found[job.id], alone(model, job))


@pytest.mark.parametrize("beam_size", [1, 5])
def test_float32_gives_the_same_translations(beam_size: int) -> None:
    model = network().float()
    options = DecodingOptions(beam_size=beam_size, n_best=beam_size, max_length=20)
    batch, jobs = slot_batch(model), same_options(options, 20)
    with nothing_in_general(batch):
        batch.join(jobs)
    found = run_out(batch)
    for job in jobs:
        assert_same(found[job.id], alone(model, job), tolerance=1e-4)


@pytest.mark.parametrize("steps_per_look", [1, 3, 50])
def test_how_often_the_host_looks_changes_nothing(steps_per_look: int) -> None:
    model = network()
    jobs = beam_jobs(24, seed=7)
    batch = slot_batch(model, SlotShape(24, 6, 20, 12), steps_per_look=steps_per_look)
    batch.join(jobs)
    found = run_out(batch)
    for job in jobs:
        assert_same(found[job.id], alone(model, job))


def test_lengths_up_to_the_last_place_of_a_slot() -> None:
    model = network()
    forced = DecodingOptions(beam_size=5, min_length=SMALL.tgt_len, max_length=SMALL.tgt_len)
    longest = (*(4 + index % 100 for index in range(SMALL.src_len - 1)), EOS)
    batch, jobs = slot_batch(model), [Job(0, longest, forced), Job(1, (7, EOS), forced)]
    with nothing_in_general(batch):
        batch.join(jobs)
    found = run_out(batch)
    for job in jobs:
        assert len(found[job.id].best.tokens) == SMALL.tgt_len
        assert found[job.id].best.truncated
        assert_same(found[job.id], alone(model, job))


def test_what_does_not_fit_goes_along_another_way() -> None:
    model = network()
    jobs = mixed_jobs(12, POISON, seed=3)  # some sample, some want to know the attention
    plain = DecodingOptions(max_length=9)
    jobs += [
        Job(100, (8, 9, EOS), plain, terms=(Term((30, 31), 0, 1),)),
        Job(101, (*range(5, 40), EOS), plain),
        Job(102, (8, 9, EOS), DecodingOptions(beam_size=9, max_length=9)),
        Job(103, (8, 9, EOS), plain),
    ]
    batch = slot_batch(model)
    batch.join(jobs)
    assert batch.ids[-1] == 103
    assert 0 < batch._general.rows < len(jobs)
    found = run_out(batch)
    assert found.keys() == {job.id for job in jobs}
    for job in jobs:
        assert_same(found[job.id], alone(model, job))


def test_more_sentences_than_slots() -> None:
    model = network()
    jobs = same_options(DecodingOptions(max_length=6), 9)
    batch = slot_batch(model, SlotShape(4, 5, 20, 12))
    batch.join(jobs)
    assert batch._general.rows == 5
    found = run_out(batch)
    for job in jobs:
        assert_same(found[job.id], alone(model, job))


def test_a_row_without_usable_numbers_is_left_to_the_general_search() -> None:
    model = network(kind=PoisonedNetwork)
    jobs = same_options(DecodingOptions(max_length=8))
    poisoned = Job(50, (5, POISON, EOS), DecodingOptions())
    batch = slot_batch(model)
    with nothing_in_general(batch):
        batch.join([*jobs, poisoned])
    with pytest.raises(DecodingError, match=r"not finite for jobs \[50\]"):
        run_out(batch)
    assert 50 in batch.ids
    batch.remove([50])
    again = [Job(60 + job.id, job.source, job.options) for job in jobs]
    batch.join(again)  # one of them in the slot that held no numbers
    found = run_out(batch)
    for job in again:
        assert_same(found[job.id], alone(model, job))


def test_slots_that_fail_are_given_up_and_nobody_notices(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    model = network()
    jobs = same_options(DecodingOptions(max_length=20))
    batch = slot_batch(model)
    batch.join(jobs)
    found = {finished.id: finished.translation for finished in batch.step()}

    def fail(self: SlotSearch) -> None:
        raise RuntimeError("no memory")

    monkeypatch.setattr(SlotSearch, "step", fail)
    with caplog.at_level(logging.WARNING):
        found |= run_out(batch)
    assert [record.message for record in caplog.records] == [
        "decoding without the slots for beam 5: they fail"
    ]
    later = Job(99, (5, 6, EOS), DecodingOptions(max_length=4))
    batch.join([later])
    found |= run_out(batch)
    for job in [*jobs, later]:
        assert_same(found[job.id], alone(model, job))


def test_a_sentence_that_cannot_be_encoded_keeps_all_out(monkeypatch: pytest.MonkeyPatch) -> None:
    model = network()
    batch, wide = slot_batch(model, SMALL, SlotShape(20, 9, 20, 40)), DecodingOptions(beam_size=9)
    encode = RecurrentSeq2Seq.encode

    def fail(self: RecurrentSeq2Seq, source: torch.Tensor, mask: torch.Tensor) -> object:
        if (source == POISON).any():
            raise RuntimeError("this sentence")
        return encode(self, source, mask)

    monkeypatch.setattr(RecurrentSeq2Seq, "encode", fail)
    with pytest.raises(RuntimeError, match="this sentence"):
        batch.join([Job(0, (5, EOS), DecodingOptions()), Job(1, (POISON, EOS), wide)])
    assert batch.ids == ()
    batch.join([Job(0, (5, EOS), DecodingOptions())])
    assert run_out(batch).keys() == {0}


def test_a_sentence_that_cannot_be_seated_keeps_its_slot_free(monkeypatch: pytest.MonkeyPatch) -> None:
    batch, jobs = slot_batch(network()), same_options(DecodingOptions(max_length=6), SMALL.rows)

    def fail(self: Slots, places: torch.Tensor, rows: Slots) -> None:
        raise torch.OutOfMemoryError("no memory")

    with monkeypatch.context() as patch:
        patch.setattr(Slots, "put", fail)
        with pytest.raises(torch.OutOfMemoryError):
            batch.join(jobs)
    assert batch.ids == ()
    with nothing_in_general(batch):
        batch.join(jobs)


def test_jobs_that_no_batch_takes_are_refused() -> None:
    batch = slot_batch(network())
    batch.join([Job(0, (5, EOS), DecodingOptions())])
    with pytest.raises(ValueError, match="job 0: the id is in use"):
        batch.join([Job(0, (5, EOS), DecodingOptions())])
    with pytest.raises(ValueError, match=f"job 1: source ids must be from 0 to {VOCABULARY - 1}"):
        batch.join([Job(1, (VOCABULARY, EOS), DecodingOptions())])


def test_one_batch_at_a_time_has_the_slots() -> None:
    model = network()
    pool = SlotPool(slot_searches(model))
    first, second = SlotBatch(model, pool), SlotBatch(model, pool)
    job = Job(0, (5, 6, EOS), DecodingOptions(max_length=6))
    first.join([job])
    second.join([job])
    assert (first._general.rows, second._general.rows) == (0, 1)
    assert run_out(second)[0] == alone(model, job)
    assert_same(run_out(first)[0], alone(model, job))
    second.join([job])
    assert second._general.rows == 0


def test_rows_that_are_moved_begin_anew_and_end_alike() -> None:
    model = network()
    jobs = same_options(DecodingOptions(max_length=20))
    batch = slot_batch(model)
    batch.join(jobs)
    done = {finished.id: finished.translation for finished in batch.step()}
    moving = [each for each in batch.ids if each % 2]
    assert moving
    other = batch.split([*moving, 1000])
    assert set(other.ids) == set(moving)
    assert not set(batch.ids) & set(moving)
    done |= {finished.id: finished.translation for finished in other.step()}
    batch.absorb(other)
    assert other.rows == 0
    done |= run_out(batch)
    assert done.keys() == {job.id for job in jobs}
    for job in jobs:
        assert_same(done[job.id], alone(model, job))
    batch.join(jobs[:1])
    other.join(jobs[:1])
    with pytest.raises(ValueError, match="job 0: the id is in use"):
        batch.absorb(other)


def test_padding_is_told() -> None:
    batch = slot_batch(network())
    assert batch.padding_ratio == 0.0
    batch.join([Job(0, (5, 6, 7, EOS), DecodingOptions())])
    assert batch.padding_ratio == 1.0 - 4 / (8 * 16)  # eight slots of sixteen positions
