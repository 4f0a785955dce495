"""The search against slow references: textbook beam search, greedy search, all translations there are."""

from __future__ import annotations

import random

import pytest
import torch

from model.config import DecodingOptions
from model.decoding import CONTROL_IDS, Job, Translation, decode, decode_stream
from model.padding import pad_ids
from model.tokenizer import BOS, EOS
from tests.model.decoding.network import ScriptedNetwork, TinyNetwork
from tests.model.decoding.reference import Ended, Walker, beam_search, every_ending, greedy, score
from tests.model.decoding.samples import beam_options, mixed_jobs, sources

TWO_WORDS, THREE_WORDS = 6, 7
"""Vocabulary sizes: four special symbols, and words."""


def translate(network: TinyNetwork, jobs: list[Job], max_rows: int = 64) -> list[Translation]:
    done = {each.id: each.translation for each in decode_stream(network, jobs, max_rows=max_rows)}
    return [done[job.id] for job in jobs]


def assert_same(translation: Translation, expected: list[Ended]) -> None:
    assert [each.tokens for each in translation.hypotheses] == [each.tokens for each in expected]
    for found, wanted in zip(translation.hypotheses, expected, strict=True):
        assert found.score == pytest.approx(wanted.score, abs=1e-4)
        assert found.log_prob == pytest.approx(wanted.log_prob, abs=1e-4)


@pytest.mark.parametrize(
    ("vocabulary_size", "max_length", "endings"), [(TWO_WORDS, 5, 63), (THREE_WORDS, 3, 40)]
)
@pytest.mark.parametrize("length_penalty", [0.0, 0.6, 1.5])
@pytest.mark.parametrize("coverage_penalty", [0.0, 0.4])
def test_a_wide_beam_finds_every_translation_in_order(
    vocabulary_size: int, max_length: int, endings: int, length_penalty: float, coverage_penalty: float
) -> None:
    network = TinyNetwork(vocabulary_size, seed=3)
    for n_best, min_length in ((64, 0), (7, 0), (5, 2)):
        options = DecodingOptions(
            beam_size=64,
            n_best=n_best,
            length_penalty=length_penalty,
            coverage_penalty=coverage_penalty,
            max_length=max_length,
            min_length=min_length,
        )
        batch = sources(4, vocabulary_size, seed=n_best)
        for source, translation in zip(batch, decode(network, batch, options), strict=True):
            expected = every_ending(Walker(network, source, options))
            assert len(expected) == endings or min_length
            assert_same(translation, expected[:n_best])


@pytest.mark.parametrize("grain", [0.0, 0.5], ids=["distinct", "tied"])
def test_it_is_the_textbook_search(grain: float) -> None:
    network = TinyNetwork(9, seed=5, sharpness=1.0, eos_bias=0.5, grain=grain)
    dice = random.Random(1)
    jobs = [Job(i, source, beam_options(dice)) for i, source in enumerate(sources(150, 9, seed=1))]
    for job, translation in zip(jobs, translate(network, jobs), strict=True):
        assert_same(translation, beam_search(Walker(network, job.source, job.options)))


def test_ties_in_a_large_vocabulary_are_resolved_by_hypothesis_then_token() -> None:
    """Hundreds of tokens are equally probable: far more than the blocks that are searched first."""
    network = TinyNetwork(400, seed=2, sharpness=0.4, eos_bias=3.5, grain=1.0)
    dice = random.Random(4)
    jobs = [Job(i, source, beam_options(dice)) for i, source in enumerate(sources(40, 400, seed=2))]
    for job, translation in zip(jobs, translate(network, jobs), strict=True):
        assert_same(translation, beam_search(Walker(network, job.source, job.options)))


@pytest.mark.parametrize("grain", [0.0, 0.5], ids=["distinct", "tied"])
def test_beam_one_is_greedy_search(grain: float) -> None:
    network = TinyNetwork(20, seed=8, grain=grain)
    options = DecodingOptions(beam_size=1)
    batch = sources(100, 20, seed=8)
    found = decode(network, batch, options)
    assert [each.best.tokens for each in found] == [greedy(Walker(network, each, options)) for each in batch]


def test_early_stopping_changes_nothing_but_the_cost() -> None:
    network = TinyNetwork(10, seed=11, sharpness=1.5)
    dice = random.Random(2)
    jobs = [Job(i, source, beam_options(dice)) for i, source in enumerate(sources(2000, 10, seed=5))]
    runs = []
    for early in (True, False):
        again = [
            Job(job.id, job.source, job.options.model_copy(update={"early_stopping": early})) for job in jobs
        ]
        runs.append(translate(network, again, max_rows=500))
    for stopped, complete in zip(*runs, strict=True):
        assert [each.tokens for each in stopped.hypotheses] == [each.tokens for each in complete.hypotheses]
        assert stopped.steps <= complete.steps
    assert sum(stopped.steps < complete.steps for stopped, complete in zip(*runs, strict=True)) > 50


@pytest.mark.parametrize("length_penalty", [0.0, 0.6, 2.0])
@pytest.mark.parametrize("wins", [True, False])
def test_the_bound_is_met_by_the_best_that_can_come(length_penalty: float, wins: bool) -> None:
    """A translation ends at once; the only other one loses nothing after its first word up to the limit."""
    limit, margin = 6, 1e-4
    first_word = -(((limit + 6) / 6) ** length_penalty) * (1 - margin if wins else 1 + margin)
    never, word = [-50.0] * 20, 4
    never[EOS] = -1000.0
    opening, going_on, ending = never.copy(), never.copy(), never.copy()
    opening[EOS], opening[word], going_on[word], ending[EOS] = -1.0, first_word, 0.0, 0.0
    network = ScriptedNetwork([opening, *[going_on] * (limit - 1), ending])
    options = DecodingOptions(
        beam_size=5, length_penalty=length_penalty, max_length=limit, early_stopping=True
    )
    (found,) = decode(network, [(4, EOS)], options)
    assert found.best.tokens == ((word,) * limit if wins else ())
    assert found.steps == (limit + 1 if wins else 1)


def test_scores_are_made_of_their_parts_and_log_probs_are_the_networks() -> None:
    network = TinyNetwork(12, seed=6)
    jobs = mixed_jobs(200, 12, seed=6)
    for job, translation in zip(jobs, translate(network, jobs), strict=True):
        for hypothesis in translation.hypotheses:
            parts = score(len(hypothesis.tokens), hypothesis.log_prob, hypothesis.coverage, job.options)
            assert hypothesis.score == pytest.approx(parts, abs=1e-9)
            target_in = torch.tensor([[BOS, *hypothesis.tokens]])
            forced = network.force(*pad_ids([job.source]), target_in)
            wanted = torch.tensor([*hypothesis.tokens, EOS])
            log_prob = forced.log_probs[0].gather(1, wanted[:, None]).sum().item()
            assert hypothesis.log_prob == pytest.approx(log_prob, abs=1e-4)
            assert hypothesis.coverage == pytest.approx(forced.attention[0].sum(0).tolist(), abs=1e-4)


def test_results_are_ranked_by_score() -> None:
    for translation in translate(TinyNetwork(12, seed=7), mixed_jobs(200, 12, seed=7)):
        scores = [each.score for each in translation.hypotheses]
        assert scores == sorted(scores, reverse=True)


def test_lengths_are_kept_and_the_limit_is_flagged() -> None:
    network = TinyNetwork(10, seed=9, eos_bias=-1.0)
    jobs = mixed_jobs(300, 10, seed=9)
    flags = set()
    for job, translation in zip(jobs, translate(network, jobs), strict=True):
        limit = job.options.max_length or 2 * len(job.source) + 20
        for hypothesis in translation.hypotheses:
            length = len(hypothesis.tokens)
            assert min(job.options.min_length, limit) <= length <= limit
            assert hypothesis.truncated == (length == limit)
            flags.add(hypothesis.truncated)
    assert flags == {True, False}


def test_forbidden_tokens_are_never_produced() -> None:
    network = TinyNetwork(10, seed=10)
    network.bias[[0, 1, 3, 5]] = 20.0  # the network wants nothing else
    forbidden = CONTROL_IDS | {5}
    produced: set[int] = set()
    for done in decode_stream(network, mixed_jobs(100, 10, seed=10), forbidden=forbidden):
        for hypothesis in done.translation.hypotheses:
            produced.update(hypothesis.tokens)
    assert produced == {4, 6, 7, 8, 9}
