"""Searches within the kernels: as by all log-probabilities, alone as in traffic."""

from __future__ import annotations

import random

import pytest
import torch

from model.decoding import Job, RunningBatch
from model.errors import DecodingError
from model.inference import search
from model.inference.network import PackedSeq2Seq
from tests.model.decoding.samples import mixed_jobs
from tests.model.inference.conftest import VOCABULARY, build
from tests.model.inference.traffic import (
    Batch,
    Unsearching,
    alone,
    assert_same,
    in_traffic,
    with_terms,
    without_sampling,
)

MANY = 10_000


@pytest.fixture(scope="module")
def network(kernels: None) -> PackedSeq2Seq:
    return PackedSeq2Seq(build())


def capped(job: Job, limit: int) -> Job:
    options = job.options.model_copy(update={"max_length": min(limit, job.max_length)})
    return Job(job.id, job.source, options, job.attention)


def holds(tokens: tuple[int, ...], term: tuple[int, ...]) -> bool:
    return any(tokens[place : place + len(term)] == term for place in range(len(tokens)))


def test_the_search_finds_the_same_by_either_way(network: PackedSeq2Seq) -> None:
    jobs = without_sampling(mixed_jobs(400, VOCABULARY, seed=6, longest=12))
    searched = in_traffic(RunningBatch(network), jobs, random.Random(1))
    dense = in_traffic(RunningBatch(Unsearching(network)), jobs, random.Random(2))
    assert_same(searched, dense)
    assert any(
        hypothesis.attention is not None for each in searched.values() for hypothesis in each.hypotheses
    )
    assert len({len(each.best.tokens) for each in searched.values()}) > 6


@pytest.mark.parametrize("boundaries", [None, range(40, VOCABULARY)], ids=["all", "some"])
def test_terms_are_placed_the_same_by_either_way(network: PackedSeq2Seq, boundaries: range | None) -> None:
    jobs = without_sampling(mixed_jobs(300, VOCABULARY, seed=8, longest=12))
    jobs = with_terms(jobs, range(4, VOCABULARY), random.Random(8))
    searched = in_traffic(RunningBatch(network, boundaries=boundaries), jobs, random.Random(1))
    dense = in_traffic(RunningBatch(Unsearching(network), boundaries=boundaries), jobs, random.Random(2))
    assert_same(searched, dense)
    terms = [(job, term.tokens) for job in jobs for term in job.terms]
    held = sum(holds(searched[job.id].best.tokens, tokens) for job, tokens in terms)
    assert len(terms) / 2 < held < len(terms)  # some are too long for their row, or their token goes on


def test_a_beam_wider_than_there_are_words_is_searched_by_either_way(network: PackedSeq2Seq) -> None:
    jobs = without_sampling(mixed_jobs(60, VOCABULARY, seed=3))
    forbidden = range(3, VOCABULARY - 2)
    searched = in_traffic(RunningBatch(network, forbidden=forbidden), jobs, random.Random(1))
    dense = in_traffic(RunningBatch(Unsearching(network), forbidden=forbidden), jobs, random.Random(1))
    assert_same(searched, dense)


def test_rows_that_outgrow_their_memory_lose_nothing(
    network: PackedSeq2Seq, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = without_sampling(mixed_jobs(100, VOCABULARY, seed=5, longest=12))
    roomy = in_traffic(RunningBatch(network), jobs, random.Random(1))
    monkeypatch.setattr(search, "ROOM", 1)
    tight = in_traffic(RunningBatch(network), jobs, random.Random(2))
    assert max(each.steps for each in tight.values()) > 4
    assert_same(tight, roomy)


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_threads_change_nothing(network: PackedSeq2Seq, threads: int) -> None:
    jobs = mixed_jobs(300, VOCABULARY, seed=4, longest=12)
    before = torch.get_num_threads()
    expected = in_traffic(RunningBatch(network), jobs, random.Random(1))
    torch.set_num_threads(threads)
    try:
        assert in_traffic(RunningBatch(network), jobs, random.Random(1)) == expected
    finally:
        torch.set_num_threads(before)


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


def test_rows_that_rest_take_no_steps(network: PackedSeq2Seq) -> None:
    jobs = without_sampling([capped(job, 10) for job in mixed_jobs(20, VOCABULARY, seed=9, longest=12)])
    first, *others = jobs
    batch: Batch = RunningBatch(network)
    batch.join(jobs)
    while not (finished := batch.step(3, {first.id})):
        assert batch.rows == len(jobs)
    assert [item.translation for item in finished] == [alone(network, first)]
    assert sorted(batch.ids) == sorted(job.id for job in others)
    for job in others:
        steps, expected = 1, alone(network, job)
        while not (finished := batch.step(1, {job.id})):
            steps += 1
        assert (finished[0].id, finished[0].translation, steps) == (job.id, expected, expected.steps)


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


def test_a_step_that_fails_for_one_is_taken_by_none(kernels: None) -> None:
    """A row with numbers that are none is named, and leaves its neighbours as they were."""
    poison = 100  # a language whose softmax gives numbers that are none
    network = PackedSeq2Seq(build(), {poison: range(2, 90)})
    bias = network._parts[poison].packed.bias
    assert bias is not None
    bias[40] = torch.inf
    sound = [job for job in without_sampling(mixed_jobs(20, VOCABULARY)) if job.source[0] != poison]
    expected = {job.id: alone(network, job) for job in sound}
    batch: Batch = RunningBatch(network)
    batch.join(sound)
    done = {each.id: each.translation for each in batch.step()}
    batch.join([Job(99, (poison, 7, 2), sound[0].options)])
    for _ in range(3):
        with pytest.raises(DecodingError, match=r"jobs \[99\]"):
            batch.step()
    batch.remove([99])
    while batch.rows:
        done.update({each.id: each.translation for each in batch.step()})
    assert done == expected
