"""Finished segments as they are remembered: the numbers themselves, not an object for each of them.

A number in a tuple takes 32 bytes and more, in a packed segment four or eight.
"""

from __future__ import annotations

from array import array
from typing import NamedTuple

from model.decoding.hypothesis import Attention, Hypothesis, Translation

_TOKENS = "i"
_COVERAGE = "d"


class PackedHypothesis(NamedTuple):
    """A hypothesis; see there. ``tokens`` are 32-bit integers, ``coverage`` has floats of 64 bits."""

    tokens: bytes
    score: float
    log_prob: float
    coverage: bytes
    truncated: bool
    attention: Attention | None


class PackedTranslation(NamedTuple):
    """A translation; see there."""

    hypotheses: tuple[PackedHypothesis, ...]
    steps: int


def packed(translation: Translation) -> PackedTranslation:
    """``translation`` in little room; ``unpacked`` gives an equal one, to the last bit."""
    return PackedTranslation(tuple(map(_packed, translation.hypotheses)), translation.steps)


def unpacked(kept: PackedTranslation) -> Translation:
    """What ``packed`` made ``kept`` of."""
    return Translation(tuple(map(_unpacked, kept.hypotheses)), kept.steps)


def _packed(one: Hypothesis) -> PackedHypothesis:
    return PackedHypothesis(
        array(_TOKENS, one.tokens).tobytes(),
        one.score,
        one.log_prob,
        array(_COVERAGE, one.coverage).tobytes(),
        one.truncated,
        one.attention,
    )


def _unpacked(one: PackedHypothesis) -> Hypothesis:
    return Hypothesis(
        tuple(array(_TOKENS, one.tokens)),
        one.score,
        one.log_prob,
        tuple(array(_COVERAGE, one.coverage)),
        one.truncated,
        one.attention,
    )
