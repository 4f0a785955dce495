"""A judgement of one translated segment."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from model.calibration import Calibration
from model.coverage import FEWEST_WORDS, coverage_of, skips_tail, word_coverage
from model.decoding.hypothesis import Hypothesis
from model.tokenizer import Tokenizer
from model.words import Tokens
from service.quality.flags import Flag, is_copied, repeats

DEFAULT_COVERAGE_FLOOR = 0.85
"""For a checkpoint that has not been calibrated."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What is thought of a translation.

    Attributes:
        confidence: the probability that it is good, as the checkpoint's calibration defines it; of a
            checkpoint without one, the geometric mean of its tokens' probabilities.
        coverage: the share of the source's words that the network read, from 0 to 1; 1 where the network
            has no attention.
        flags: what seems to be wrong with it.
    """

    confidence: float
    coverage: float
    flags: frozenset[Flag]


class Assessor:
    """Judges translations of one checkpoint. Immutable.

    Args:
        tokenizer: the vocabulary.
        calibration: the checkpoint's, if it has one.
        attends: whether the network has attention; without, coverage says nothing.
    """

    def __init__(self, tokenizer: Tokenizer, calibration: Calibration | None, attends: bool) -> None:
        self._tokenizer = tokenizer
        self._calibration = calibration
        self._attends = attends
        self._floor = calibration.coverage_floor if calibration else DEFAULT_COVERAGE_FLOOR

    def assess(
        self, source: Sequence[int], hypothesis: Hypothesis, source_language: str, target_language: str
    ) -> Assessment:
        """Judge ``hypothesis``, a translation of ``source``.

        Args:
            source: token ids as they went into the engine: tag, text, EOS.
            hypothesis: one of its translations.
            source_language: of the source.
            target_language: another one.
        """
        text, offsets = self._tokenizer.decode_with_offsets(source[1:-1])
        flags = set[Flag]()
        coverage = 1.0
        if self._attends:
            words = word_coverage(Tokens(text, tuple(offsets)), hypothesis.coverage)
            coverage = coverage_of(words)
            if len(words) >= FEWEST_WORDS and coverage < self._floor:
                flags.add(Flag.UNDERCOVERED)
            if skips_tail(words):
                flags.add(Flag.TRUNCATED)
        if hypothesis.truncated:
            flags.add(Flag.TRUNCATED)
        if repeats(source, hypothesis.tokens):
            flags.add(Flag.REPETITION)
        if is_copied(text, self._tokenizer.decode(hypothesis.tokens), target_language):
            flags.add(Flag.COPIED)
        confidence = self._confidence(hypothesis, f"{source_language}-{target_language}")
        return Assessment(confidence, coverage, frozenset(flags))

    def _confidence(self, hypothesis: Hypothesis, direction: str) -> float:
        mean = min(0.0, hypothesis.log_prob / (len(hypothesis.tokens) + 1))
        if self._calibration is None:
            return math.exp(mean)
        return self._calibration.confidence(direction, mean)
