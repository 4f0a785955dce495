"""From how probable a network finds its translations to how probably they are good.

A translation counts as good if its sentence chrF (Popović 2015) against a person's reaches a threshold, which
is lower where characters are words: of their long n-grams few agree even in good translations. The
probability of that is a logistic function of the mean log-probability of the translation's tokens, fitted by
maximum likelihood on validation text (Platt 1999). It has two parameters and rises with the probability, so
calibration changes what the numbers mean, never which of two translations is trusted more.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Annotated

import numpy as np
from pydantic import Field

from model.config import Frozen

GOOD_CHRF = 50.0
GOOD_CHRF_OF = {"zh": 30.0}
"""Target languages for which another is usual."""
Chrf = Annotated[float, Field(gt=0.0, le=100.0)]
RIDGE = 0.01
"""Keeps a fit finite where the good and the bad can be told apart without fault."""
_STEPS = 100


class Curve(Frozen):
    """``1 / (1 + exp(-(intercept + slope * mean log-probability)))``."""

    slope: Annotated[float, Field(ge=0.0, description="0: the probability tells nothing")]
    intercept: float
    sentences: Annotated[int, Field(ge=1, description="how many it was fitted on")]

    def __call__(self, mean_log_prob: float) -> float:
        """The probability that a translation with so probable tokens is good."""
        return 1.0 / (1.0 + math.exp(-max(-60.0, self.intercept + self.slope * mean_log_prob)))


class Thresholds(Frozen):
    """From which sentence chrF a translation counts as good."""

    good_chrf: Chrf = GOOD_CHRF
    good_chrf_of: dict[str, Chrf] = Field(default={}, description="target languages for which it is another")

    def threshold(self, direction: str) -> float:
        """That of a direction such as ``de-en``."""
        return self.good_chrf_of.get(direction.partition("-")[2], self.good_chrf)

    def __str__(self) -> str:
        """Such as ``50 (zh: 30)``."""
        others = ", ".join(f"{language}: {score:g}" for language, score in self.good_chrf_of.items())
        return f"{self.good_chrf:g} ({others})" if others else f"{self.good_chrf:g}"


def usual_thresholds(directions: Iterable[str]) -> Thresholds:
    """Those of ``directions``, without languages that are not among them."""
    targets = {direction.partition("-")[2] for direction in directions}
    return Thresholds(good_chrf_of={one: score for one, score in GOOD_CHRF_OF.items() if one in targets})


class Calibration(Thresholds):
    """What was learnt on validation text about a checkpoint's translations."""

    curves: dict[Annotated[str, Field(pattern=r"^[a-z]{2,3}-[a-z]{2,3}$")], Curve] = Field(
        min_length=1, description="by direction, such as de-en"
    )
    coverage_floor: Annotated[float, Field(ge=0.0, le=1.0)] = Field(
        description="coverage below which a translation is flagged"
    )

    def confidence(self, direction: str, mean_log_prob: float) -> float:
        """The probability that a translation is good; of other directions, the mean of all curves."""
        if curve := self.curves.get(direction):
            return curve(mean_log_prob)
        return sum(curve(mean_log_prob) for curve in self.curves.values()) / len(self.curves)


def fit_curve(mean_log_probs: Sequence[float], good: Sequence[bool]) -> Curve:
    """The curve with the highest likelihood, by Newton's method, slightly drawn towards no slope.

    Args:
        mean_log_probs: of the tokens of each translation.
        good: whether each is good.

    Raises:
        ValueError: there are no translations, or the numbers differ.
    """
    if not mean_log_probs or len(mean_log_probs) != len(good):
        raise ValueError(f"{len(mean_log_probs)} log-probabilities for {len(good)} judgements")
    inputs = np.stack([np.array(mean_log_probs), np.ones(len(good))], 1)
    wanted = (np.array(good) * len(good) + 0.5) / (len(good) + 1)  # never quite sure, as Platt has it
    weights = np.array([0.0, 0.0])
    ridge = np.diag([RIDGE, 0.0]) / len(good)
    for _ in range(_STEPS):
        probabilities = 1.0 / (1.0 + np.exp(-inputs @ weights))
        gradient = inputs.T @ (probabilities - wanted) / len(good) + ridge @ weights
        spread = inputs * (probabilities * (1 - probabilities))[:, None]
        change = np.linalg.solve(inputs.T @ spread / len(good) + ridge + 1e-9 * np.eye(2), gradient)
        weights -= np.clip(change, -2.0, 2.0)
        if np.abs(change).max() < 1e-10:
            break
    slope, intercept = map(float, weights)
    if slope < 0.0:  # against all sense: the best curve that rises is flat
        share = float(wanted.mean())
        slope, intercept = 0.0, math.log(share / (1.0 - share))
    return Curve(slope=slope, intercept=intercept, sentences=len(good))


class Bin(Frozen):
    """Translations of similar confidence.

    Attributes:
        confidence: their mean.
        good: the share of them that are good.
        count: how many there are.
    """

    confidence: float
    good: float
    count: int


def reliability(confidences: Sequence[float], good: Sequence[bool], bins: int = 10) -> list[Bin]:
    """Translations in ``bins`` groups of equal size by confidence, lowest first; fewer if there are few."""
    order = np.argsort(np.array(confidences), kind="stable")
    groups = [group for group in np.array_split(order, bins) if len(group)]
    values, judged = np.array(confidences), np.array(good, dtype=float)
    return [
        Bin(confidence=float(values[group].mean()), good=float(judged[group].mean()), count=len(group))
        for group in groups
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """How far confidence is from the truth in the mean (ECE, Guo et al. 2017), from 0 to 1."""
    total = sum(one.count for one in bins)
    return sum(abs(one.confidence - one.good) * one.count for one in bins) / total


def brier_score(confidences: Sequence[float], good: Sequence[bool]) -> float:
    """The mean squared difference between confidence and truth; 0.25 for always saying one half."""
    return float(np.mean((np.array(confidences) - np.array(good, dtype=float)) ** 2))
