"""How a second try differs from the first, and which one is taken."""

from __future__ import annotations

import pytest

from model.config import DecodingOptions
from service.quality.assessment import Assessment
from service.quality.flags import Flag
from service.quality.second_try import BEAM_SIZE, best_of, second_options

OPTIONS = DecodingOptions(beam_size=5, length_penalty=0.4, coverage_penalty=0.4, min_length=1, max_length=99)


def test_what_misses_something_is_searched_harder() -> None:
    again = second_options(OPTIONS, {Flag.UNDERCOVERED, Flag.TRUNCATED})
    assert again.strategy == "beam"
    assert again.n_best == again.beam_size == BEAM_SIZE
    assert again.coverage_penalty > OPTIONS.coverage_penalty
    assert again.length_penalty > OPTIONS.length_penalty
    assert (again.min_length, again.max_length) == (1, 99)
    harder = OPTIONS.model_copy(update={"beam_size": 20, "coverage_penalty": 3.0, "length_penalty": 4.0})
    again = second_options(harder, {Flag.UNDERCOVERED})
    assert (again.beam_size, again.coverage_penalty, again.length_penalty) == (20, 3.0, 4.0)


@pytest.mark.parametrize("flag", [Flag.REPETITION, Flag.COPIED, Flag.TRUNCATED])
def test_what_a_beam_cannot_leave_is_drawn(flag: Flag) -> None:
    again = second_options(OPTIONS, {flag})
    assert again.strategy == "sample"
    assert again.n_best == again.beam_size > 1
    assert again == second_options(OPTIONS, {flag})
    assert second_options(OPTIONS, {flag, Flag.UNDERCOVERED}).strategy == (
        "sample" if flag is Flag.REPETITION else "beam"
    )


def assessment(confidence: float, *flags: Flag) -> Assessment:
    return Assessment(confidence, 1.0, frozenset(flags))


@pytest.mark.parametrize(
    ("assessments", "best"),
    [
        ([assessment(0.9, Flag.COPIED), assessment(0.9), assessment(0.95)], 2),
        ([assessment(0.5, Flag.COPIED), assessment(0.9, Flag.TRUNCATED)], 0),
        ([assessment(0.5), assessment(0.9)], 0),
        ([assessment(0.5, Flag.COPIED, Flag.TRUNCATED), assessment(0.6, Flag.COPIED), assessment(0.5)], 2),
        ([assessment(0.5, Flag.UNDERCOVERED), assessment(0.2)], 0),  # the flag was wrong, probably
        ([assessment(0.9, Flag.REPETITION), assessment(0.1)], 1),  # a loop is always sure of itself
    ],
)
def test_fewer_faults_count_and_confidence_must_not_be_lost(assessments: list[Assessment], best: int) -> None:
    assert best_of(assessments) == best
