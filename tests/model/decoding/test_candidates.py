"""Ranking: the order is by value, then by hypothesis, then by token, and ties never change it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from model.config import DecodingOptions
from model.decoding.advance import extend
from model.decoding.candidates import BLOCK, Extensions, Words, largest, rank
from model.decoding.job import Job
from model.decoding.state import SearchState, Widths
from model.tokenizer import EOS

CPU = torch.device("cpu")
FORBIDDEN = (0, 1, 3)


def tied_values(*shape: int, levels: int, seed: int) -> Tensor:
    """Few distinct values, some of them -inf."""
    random = torch.Generator().manual_seed(seed)
    values = -torch.randint(0, levels, shape, generator=random).float() / 4
    return values.masked_fill(torch.rand(*shape, generator=random) < 0.1, -torch.inf)


def best_by_sorting(
    extensions: Extensions, row: int, forbidden: tuple[int, ...]
) -> list[tuple[float, int, int]]:
    """All candidates of a row as (sum, hypothesis, token), best first."""
    found = []
    for hypothesis, log_probs in enumerate(extensions.log_probs[row]):
        for token, log_prob in enumerate(log_probs):
            total = (log_prob + extensions.going_on[row, hypothesis]).item()
            if token == EOS:
                total = extensions.ending[row, hypothesis].item()
            elif token in forbidden:
                continue
            if total > -torch.inf:
                found.append((total, hypothesis, token))
    return sorted(found, key=lambda each: (-each[0], *each[1:]))


@pytest.mark.parametrize("levels", [1, 2, 5, 1000])
def test_largest_is_a_stable_sort(levels: int) -> None:
    values = tied_values(50, 40, levels=levels, seed=levels)
    values[:, 0] = 3.5  # not only negative numbers
    expected = [sorted(range(40), key=lambda place: (-row[place], place))[:12] for row in values.tolist()]
    assert largest(values, 12).tolist() == expected


@pytest.mark.parametrize("levels", [1, 3, 40, 100_000])
@pytest.mark.parametrize(
    ("vocabulary_size", "forbidden"), [(6, FORBIDDEN), (256, FORBIDDEN), (300, (0, 1, 70, 130, 200, 290))]
)
def test_ranking_is_exact(levels: int, vocabulary_size: int, forbidden: tuple[int, ...]) -> None:
    rows, beam, k = 12, 3, 6
    extensions = Extensions(
        tied_values(rows, beam, vocabulary_size, levels=levels, seed=levels).index_fill_(
            2, torch.tensor(forbidden), 1.0
        ),
        tied_values(rows, beam, levels=levels, seed=levels + 1),
        tied_values(rows, beam, levels=levels, seed=levels + 2),
    )
    candidates, unusable = rank(extensions, Words.of(vocabulary_size, forbidden, CPU), k)
    assert not unusable.any()
    assert (candidates.parents < beam).all()
    for row in range(rows):
        ranked = best_by_sorting(extensions, row, forbidden)
        found = [tuple(part[row].tolist()) for part in candidates]
        real = min(k, len(ranked))
        assert list(zip(*found, strict=True))[:real] == ranked[:real]
        assert found[0][real:] == (-torch.inf,) * (k - real)


@pytest.mark.parametrize("number", [torch.nan, -torch.nan, torch.inf])
@pytest.mark.parametrize("token", [EOS, 5, 66, 130])
def test_numbers_that_are_none_are_reported(number: float, token: int) -> None:
    log_probs = -torch.ones(2, 2, 131)
    log_probs[1, 1, token] = number
    going_on = torch.zeros(2, 2)
    extensions = Extensions(log_probs, going_on, going_on + log_probs[:, :, EOS])
    assert rank(extensions, Words.of(131, FORBIDDEN, CPU), 4).unusable.tolist() == [False, True]


def test_lengths_decide_what_may_follow() -> None:
    options = DecodingOptions(min_length=2, max_length=3)
    jobs = [Job(row, (4, EOS), options) for row in range(4)]
    start = SearchState.start(jobs, Widths(2, 1, 8, 2), CPU)
    so_far = torch.tensor([[-0.5, -torch.inf]] * 4)
    search = SearchState(
        start.options, torch.arange(4), start.last, so_far, start.tokens, start.coverage, start.shortlist
    )
    log_probs = -torch.rand(4, 2, 6, generator=torch.Generator().manual_seed(0))
    sums = extend(search, log_probs).sums(Words.of(6, FORBIDDEN, CPU))
    for row, allowed in enumerate([{4, 5}, {4, 5}, {EOS, 4, 5}, {EOS}]):
        finite = sums[row, 0].isfinite().nonzero().flatten().tolist()
        assert set(finite) == allowed
        assert torch.equal(sums[row, 0, finite], log_probs[row, 0, finite] - 0.5)
    assert (sums[:, 1] == -torch.inf).all()


def test_blocks_that_hold_what_is_excluded_are_known() -> None:
    words = Words.of(3 * BLOCK + 5, (0, BLOCK * 2), CPU)
    assert words.mixed_blocks == (0, 2, 3)
    excluded = words.excluded.nonzero().flatten().tolist()
    assert excluded == [0, EOS, BLOCK * 2, *range(3 * BLOCK + 5, 4 * BLOCK)]
