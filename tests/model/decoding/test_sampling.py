"""Sampling against exact probabilities."""

from __future__ import annotations

import math
from collections import Counter

import pytest
import torch
from torch import Tensor

from model.config import DecodingOptions
from model.decoding import Job, decode_stream
from model.decoding.options import Plan, RowOptions
from model.decoding.sampling import draw, restrict
from tests.model.decoding.network import TinyNetwork
from tests.model.decoding.reference import Path, Walker
from tests.model.decoding.samples import mixed_jobs, sources

CPU = torch.device("cpu")


def restricted(probabilities: list[float], top_k: int, top_p: float) -> list[float]:
    """Top-k, then top-p on what is left, token by token."""
    order = sorted(range(len(probabilities)), key=lambda token: (-probabilities[token], token))
    order = order[: top_k or None]
    total, mass, kept = sum(probabilities[token] for token in order), 0.0, list[int]()
    for token in order:
        if kept and top_p < 1.0 and mass >= top_p * total:
            break
        kept.append(token)
        mass += probabilities[token]
    return [value if token in kept else 0.0 for token, value in enumerate(probabilities)]


def restrict_rows(probabilities: Tensor, limits: list[tuple[int, float]]) -> Tensor:
    jobs = [
        Job(0, (4,), DecodingOptions(strategy="sample", top_k=top_k, top_p=top_p)) for top_k, top_p in limits
    ]
    return restrict(probabilities, RowOptions.of(jobs, CPU), Plan.of(jobs, CPU).support)


@pytest.mark.parametrize("some_unlimited", [True, False])
def test_top_k_and_top_p_keep_exactly_what_they_say(some_unlimited: bool) -> None:
    limits = [(k, p) for k in (1, 2, 7, 50) for p in (1.0, 0.2, 0.55, 0.97)]
    if some_unlimited:
        limits += [(0, p) for p in (1.0, 0.01, 0.5, 0.999)]
    random = torch.Generator().manual_seed(0)
    probabilities = torch.randint(1, 9, (len(limits), 3, 20), generator=random).float()  # many ties
    probabilities[:, 2, 5:] = 0.0
    probabilities = probabilities / probabilities.sum(2, keepdim=True)
    found = restrict_rows(probabilities, limits)
    for row, (top_k, top_p) in enumerate(limits):
        for hypothesis in range(3):
            expected = restricted(probabilities[row, hypothesis].tolist(), top_k, top_p)
            assert found[row, hypothesis].tolist() == expected


def test_a_mass_that_is_reached_exactly_is_enough() -> None:
    probabilities = torch.tensor([[[0.125, 0.5, 0.25, 0.125]]])
    for top_p, kept in ((0.5, [1]), (0.75, [1, 2]), (0.875, [0, 1, 2]), (0.5001, [1, 2])):
        assert restrict_rows(probabilities, [(0, top_p)])[0, 0].nonzero().flatten().tolist() == kept


def test_a_draw_inverts_the_cumulative_distribution() -> None:
    probabilities = torch.tensor([[[0.0, 0.5, 0.0, 0.25, 0.25, 0.0]]]) * 3.0
    for uniform, token in ((0.0, 1), (0.4999, 1), (0.5, 3), (0.7499, 3), (0.75, 4), (1 - 2**-53, 4)):
        assert draw(probabilities, torch.tensor([[uniform]], dtype=torch.float64)).item() == token


def sequence_probabilities(walker: Walker) -> dict[tuple[int, ...], float]:
    """How probable each draw is, by multiplying along every path."""
    options = walker.options

    def below(path: Path, probability: float) -> None:
        sums, coverage, state = walker.log_probs(path)
        scaled = [float(value - path.log_prob) / options.temperature for value in sums.values()]
        weights = [math.exp(value) for value in scaled]
        weights = restricted(weights, options.top_k, options.top_p)
        for (token, log_prob), weight in zip(sums.items(), weights, strict=True):
            if weight == 0.0:
                continue
            share = probability * weight / sum(weights)
            if token == 2:
                found[path.tokens] = found.get(path.tokens, 0.0) + share
            else:
                below(Path((*path.tokens, token), log_prob, coverage, state), share)

    found: dict[tuple[int, ...], float] = {}
    below(walker.start(), 1.0)
    return found


@pytest.mark.parametrize(
    "options",
    [
        DecodingOptions(max_length=3),
        DecodingOptions(max_length=3, temperature=2.0, min_length=1),
        DecodingOptions(max_length=4, top_k=2),
        DecodingOptions(max_length=3, top_p=0.7),
        DecodingOptions(max_length=3, temperature=1.5, top_k=3, top_p=0.9),
    ],
    ids=lambda options: "-".join(sorted(options.model_fields_set)),
)
def test_translations_are_drawn_as_often_as_they_are_probable(options: DecodingOptions) -> None:
    network, source, draws = TinyNetwork(8, seed=2, sharpness=0.7), sources(1, 8, seed=3)[0], 3000
    options = options.model_copy(update={"strategy": "sample", "beam_size": 4, "n_best": 4})
    jobs = [
        Job(seed, source, options.model_copy(update={"seed": seed}))
        for seed in range(draws // options.beam_size)
    ]
    counts = Counter[tuple[int, ...]]()
    for done in decode_stream(network, jobs, max_rows=1000, max_padded_tokens=10_000):
        counts.update(hypothesis.tokens for hypothesis in done.translation.hypotheses)
    expected = sequence_probabilities(Walker(network, source, options))
    assert sum(expected.values()) == pytest.approx(1.0, abs=1e-5)
    assert counts.total() == draws
    assert counts.keys() <= expected.keys()
    common = {tokens: draws * p for tokens, p in expected.items() if draws * p >= 5}
    rare = draws - sum(common.values())
    chi_square = sum((counts[tokens] - mean) ** 2 / mean for tokens, mean in common.items())
    observed_rare = draws - sum(counts[tokens] for tokens in common)
    if rare >= 5:
        chi_square += (observed_rare - rare) ** 2 / rare
    freedom = len(common) - (rare < 5)
    assert freedom >= 5
    assert chi_square < freedom + 4 * math.sqrt(2 * freedom)


def test_a_draw_depends_on_its_seed_alone() -> None:
    network = TinyNetwork(30, seed=4, sharpness=0.5)
    source = sources(1, 30)[0]
    options = [
        DecodingOptions(strategy="sample", beam_size=1, seed=seed, max_length=8) for seed in (1, 1, 2, 3)
    ]
    jobs = [Job(index, source, each) for index, each in enumerate(options)]
    done = {each.id: each.translation.best.tokens for each in decode_stream(network, jobs)}
    assert done[0] == done[1]
    assert len({done[0], done[2], done[3]}) == 3


def test_more_draws_begin_with_the_same_ones() -> None:
    """Draw ``j`` of a row is a function of its seed and ``j``, as long as no draw before it has ended."""
    network = TinyNetwork(30, seed=4, sharpness=0.5, eos_bias=-20.0)
    found = []
    for count in (2, 5):
        options = DecodingOptions(strategy="sample", beam_size=count, n_best=count, seed=9, max_length=6)
        job = Job(0, sources(1, 30)[0], options)
        (done,) = decode_stream(network, [job])
        found.append({each.tokens for each in done.translation.hypotheses})
    assert found[0] < found[1]


def test_a_low_temperature_is_greedy_search() -> None:
    network = TinyNetwork(15, seed=5)
    cold, greedy = [], []
    for job in mixed_jobs(50, 15, seed=5):
        limit = {"max_length": job.options.max_length}
        cold_options = DecodingOptions(strategy="sample", beam_size=1, temperature=1e-4).model_copy(
            update=limit
        )
        cold.append(Job(job.id, job.source, cold_options))
        greedy.append(Job(job.id, job.source, DecodingOptions(beam_size=1).model_copy(update=limit)))
    drawn = {each.id: each.translation.best.tokens for each in decode_stream(network, cold)}
    searched = {each.id: each.translation.best.tokens for each in decode_stream(network, greedy)}
    assert drawn == searched
