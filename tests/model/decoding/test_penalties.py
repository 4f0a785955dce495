"""The score's formula, term by term."""

from __future__ import annotations

import math

import pytest
import torch

from model.decoding.penalties import COVERAGE_FLOOR, coverage_term, length_norm


def test_length_norm() -> None:
    lengths, penalties = torch.tensor([1, 2, 40, 7]), torch.tensor([0.6, 1.0, 0.2, 0.0], dtype=torch.float64)
    expected = [1.0, 7 / 6, (45 / 6) ** 0.2, 1.0]
    assert length_norm(lengths, penalties).tolist() == pytest.approx(expected, rel=1e-15)


def test_length_norm_never_falls_with_length() -> None:
    lengths = torch.arange(1, 2000)
    for penalty in (0.0, 1e-9, 0.6, 5.0):
        norms = length_norm(lengths, torch.tensor([penalty], dtype=torch.float64))
        assert (norms.diff() >= 0).all()


def test_coverage_counts_real_positions_and_at_most_one_each() -> None:
    coverage = torch.tensor([[[0.5, 1.75, 0.0, 9.0], [1.0, 1.0, 1.0, 0.0]]])
    mask = torch.tensor([[True, True, True, False]])
    term = coverage_term(coverage, mask, torch.tensor([0.5], dtype=torch.float64))
    expected = [0.5 * (math.log(0.5) + math.log(COVERAGE_FLOOR)), 0.0]
    assert term.tolist()[0] == pytest.approx(expected, abs=1e-6)


def test_no_coverage_penalty_is_no_term_even_where_nothing_was_attended_to() -> None:
    term = coverage_term(torch.zeros(1, 1, 3), torch.ones(1, 3, dtype=torch.bool), torch.zeros(1))
    assert term.tolist() == [[0.0]]
