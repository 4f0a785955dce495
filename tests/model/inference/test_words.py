"""Shortlists: what is left out of the softmax, and that nothing else changes."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
import torch

from model.decoding import Job, RunningBatch
from model.inference.network import PackedSeq2Seq
from model.inference.words import summarise
from model.padding import pad_ids
from model.recurrent import RecurrentSeq2Seq
from tests.model.decoding.samples import mixed_jobs
from tests.model.inference.conftest import VOCABULARY, build
from tests.model.inference.traffic import (
    Unsearching,
    alone,
    assert_same,
    in_traffic,
    with_terms,
    without_sampling,
)

FIRST, SECOND = 100, 101
"""Tags of two target languages; a source that begins with neither has no shortlist."""
SHORTLISTS = {FIRST: range(2, 90), SECOND: [2, *range(60, VOCABULARY)]}


@pytest.fixture(scope="module")
def trained(kernels: None) -> RecurrentSeq2Seq:
    """Gives each language the words of its list with a probability of some 97 %."""
    network = build()
    network.output_bias[90:] -= 5.0
    return network


@pytest.fixture(scope="module")
def network(trained: RecurrentSeq2Seq) -> PackedSeq2Seq:
    return PackedSeq2Seq(trained, SHORTLISTS)


def in_many_languages(jobs: Sequence[Job]) -> list[Job]:
    """Two thirds of ``jobs`` into a language that has a shortlist."""
    dice = random.Random(1)
    return [Job(job.id, (dice.choice([FIRST, SECOND, 50]), *job.source), job.options) for job in jobs]


def test_the_estimate_is_that_of_a_normal_distribution() -> None:
    dice = torch.Generator().manual_seed(1)
    rows = torch.randn(40_000, 32, generator=dice) @ torch.randn(32, 32, generator=dice) * 0.04
    bias = torch.randn(40_000, generator=dice) * 0.3
    weights, biases = summarise(rows, bias)
    features = torch.rand(20, 32, generator=dice) * 2 - 1
    columns = features @ weights.T + biases
    estimate = columns[:, 0] + columns[:, 1:].square().sum(1) / 2
    assert torch.allclose(estimate, (features @ rows.T + bias).logsumexp(1), atol=0.02)


def test_nothing_left_out_has_no_probability() -> None:
    weights, biases = summarise(torch.zeros(0, 16), torch.zeros(0))
    assert biases[0] == -torch.inf
    assert not weights.any()


def test_words_of_the_list_keep_their_probability(trained: RecurrentSeq2Seq, network: PackedSeq2Seq) -> None:
    full = PackedSeq2Seq(trained)
    source, mask = pad_ids([[FIRST, 9, 10], [SECOND, 30, 4, 8, 9], [50, 7]])
    target = torch.tensor([[1, 20, 30, 40]]).expand(3, -1)
    ours, theirs = network.force(source, mask, target), full.force(source, mask, target)
    assert torch.equal(ours.attention, theirs.attention)
    assert torch.equal(ours.log_probs[2], theirs.log_probs[2])
    for row, tag in enumerate((FIRST, SECOND)):
        kept = torch.zeros(VOCABULARY, dtype=torch.bool)
        kept[list(SHORTLISTS[tag])] = True
        assert (ours.log_probs[row][:, ~kept] == -torch.inf).all()
        difference = (ours.log_probs[row] - theirs.log_probs[row])[:, kept]
        # All words of a step by the same, which is the error of the estimate.
        assert difference.std(1).max() < 1e-5
        if tag == FIRST:
            assert difference.abs().max() < 0.05


def test_a_list_of_everything_changes_nothing(trained: RecurrentSeq2Seq) -> None:
    full, network = PackedSeq2Seq(trained), PackedSeq2Seq(trained, {FIRST: range(VOCABULARY)})
    inputs = *pad_ids([[FIRST, 9, 10]]), torch.tensor([[1, 20, 30, 40]])
    assert torch.equal(network.force(*inputs).log_probs, full.force(*inputs).log_probs)


def test_the_search_finds_the_same_by_either_way(network: PackedSeq2Seq) -> None:
    jobs = in_many_languages(without_sampling(mixed_jobs(200, VOCABULARY, seed=10)))
    jobs = with_terms(jobs, range(4, VOCABULARY), random.Random(5))  # also of tokens that no list has
    searched = in_traffic(RunningBatch(network), jobs, random.Random(5))
    dense = in_traffic(RunningBatch(Unsearching(network)), jobs, random.Random(6))
    assert_same(searched, dense)


def test_batches_of_many_languages_are_translated_as_if_alone(network: PackedSeq2Seq) -> None:
    jobs = in_many_languages(mixed_jobs(200, VOCABULARY, seed=11))
    together = in_traffic(RunningBatch(network), jobs, random.Random(2))
    assert together == {job.id: alone(network, job) for job in jobs}


def test_translations_are_those_of_the_whole_vocabulary(
    trained: RecurrentSeq2Seq, network: PackedSeq2Seq
) -> None:
    """Where a language's words have nearly all of the probability."""
    jobs = [
        Job(job.id, (FIRST, *job.source), job.options)
        for job in without_sampling(mixed_jobs(600, VOCABULARY, seed=12))
    ]
    ours = in_traffic(RunningBatch(network), jobs, random.Random(3))
    theirs = in_traffic(RunningBatch(PackedSeq2Seq(trained)), jobs, random.Random(4))
    reachable = [job.id for job in jobs if all(token < 90 for token in theirs[job.id].best.tokens)]
    same = sum(ours[job].best.tokens == theirs[job].best.tokens for job in reachable)
    assert len(reachable) > 300
    assert same >= 0.98 * len(reachable)
