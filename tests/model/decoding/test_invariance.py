"""The real networks in float32: what else is in the batch never changes a translation."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
import torch

from model.build import build_model
from model.config import ModelConfig
from model.decoding import Job, RunningBatch, Translation
from model.network import AnyNetwork
from model.padding import pad_ids
from model.tokenizer import BOS, EOS
from tests.model.decoding.reference import Walker, beam_search, greedy
from tests.model.decoding.samples import mixed_jobs

VOCABULARY = 150
SENTENCES = {"recurrent": 1000, "transformer": 150}


@pytest.fixture(scope="module", params=SENTENCES)
def network(request: pytest.FixtureRequest) -> AnyNetwork:
    """Random weights, so large that the network has opinions and translations end."""
    config = ModelConfig(
        architecture=request.param,
        vocabulary_size=VOCABULARY,
        embedding_size=16,
        hidden_size=16,
        attention_heads=2,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        model = build_model(config).eval().requires_grad_(False)
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.4)
    model.output_bias[EOS] += 5.0
    return model


def capped(job: Job) -> Job:
    """At most ten tokens, so that a thousand sentences, each alone, take seconds."""
    limit = min(10, job.max_length)
    return replace(job, options=job.options.model_copy(update={"max_length": limit}))


def decode_alone(network: AnyNetwork, job: Job) -> Translation:
    batch: RunningBatch[Any, Any] = RunningBatch(network)
    batch.join([job])
    while not (done := batch.step()):
        pass
    return done[0].translation


def decode_in_traffic(network: AnyNetwork, jobs: list[Job], dice: random.Random) -> dict[int, Translation]:
    """Join at random times; one in ten is removed on the way and joins again later."""
    batch: RunningBatch[Any, Any] = RunningBatch(network)
    waiting, by_id = list(jobs), {job.id: job for job in jobs}
    done: dict[int, Translation] = {}
    unlucky = {job.id for job in jobs if dice.random() < 0.1}
    while waiting or batch.rows:
        if batch.rows < 64 and dice.random() < 0.7:
            batch.join([waiting.pop() for _ in range(min(len(waiting), dice.randint(1, 12)))])
        leaving = [each for each in batch.ids if each in unlucky and dice.random() < 0.3]
        batch.remove(leaving)
        unlucky.difference_update(leaving)
        waiting.extend(by_id[each] for each in leaving)
        done.update({finished.id: finished.translation for finished in batch.step()})
    return done


def test_sentences_that_come_and_go_are_translated_as_if_alone(network: AnyNetwork) -> None:
    count = SENTENCES[network.config.architecture]
    jobs = [capped(job) for job in mixed_jobs(count, VOCABULARY, seed=1, longest=12)]
    together = decode_in_traffic(network, jobs, random.Random(1))
    assert together.keys() == {job.id for job in jobs}
    lengths = set()
    for job in jobs:
        expected = decode_alone(network, job)
        found = [hypothesis.tokens for hypothesis in together[job.id].hypotheses]
        assert found == [hypothesis.tokens for hypothesis in expected.hypotheses]
        assert together[job.id].steps == expected.steps
        lengths.add(len(found[0]))
    assert len(lengths) > 6


def test_the_network_is_searched_as_the_reference_does(network: AnyNetwork) -> None:
    jobs = [job for job in mixed_jobs(60, VOCABULARY, seed=2) if job.options.strategy == "beam"]
    together = decode_in_traffic(network, jobs, random.Random(2))
    for job in jobs:
        walker = Walker(network, job.source, job.options)
        found = [hypothesis.tokens for hypothesis in together[job.id].hypotheses]
        assert found == [ended.tokens for ended in beam_search(walker)]
        if job.options.beam_size == 1:
            assert found == [greedy(walker)]


def test_log_probs_are_those_of_teacher_forcing(network: AnyNetwork) -> None:
    jobs = mixed_jobs(60, VOCABULARY, seed=3)
    for job_id, translation in decode_in_traffic(network, jobs, random.Random(3)).items():
        for hypothesis in translation.hypotheses:
            source, mask = pad_ids([jobs[job_id].source])
            forced = network.force(source, mask, torch.tensor([[BOS, *hypothesis.tokens]]))
            wanted = torch.tensor([*hypothesis.tokens, EOS])[:, None]
            log_prob = forced.log_probs[0].gather(1, wanted).sum().item()
            assert hypothesis.log_prob == pytest.approx(log_prob, abs=2e-4)
            assert hypothesis.coverage == pytest.approx(forced.attention[0].sum(0).tolist(), abs=1e-4)
