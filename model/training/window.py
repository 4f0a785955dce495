"""Sums over the updates since the last record."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple


class Sums(NamedTuple):
    """What the batches of one update held, and what they lost.

    Attributes:
        nll, smoothed: sums over target tokens, in nats: see ``model.training.loss.Loss``.
        target_tokens: real target tokens.
        tokens: real tokens of both sides.
    """

    nll: float
    smoothed: float
    target_tokens: float
    tokens: float


@dataclass(frozen=True)
class Update:
    """What one update measured, over all workers.

    Attributes:
        sums: of its batches.
        gradient_norm: before clipping.
        seconds: how long it took.
        cpu_seconds: the processor time that it took, of all threads.
    """

    sums: Sums
    gradient_norm: float
    seconds: float
    cpu_seconds: float


class Window:
    """Adds up losses, tokens and seconds."""

    def __init__(self) -> None:
        self._updates: list[Update] = []

    def add(self, update: Update) -> None:
        """Count one update."""
        self._updates.append(update)

    def summary(self, learning_rate: float) -> dict[str, float]:
        """Means per target token or per update.

        ``tokens_per_second`` counts real tokens of both sides. So does ``tokens_per_cpu_second``, which
        hardly changes with what else the machine does, and says nothing where a GPU computes.
        """
        updates = self._updates
        nll, smoothed, target_tokens, tokens = map(
            sum, zip(*(update.sums for update in updates), strict=True)
        )
        return {
            "loss": smoothed / target_tokens,
            "perplexity": math.exp(min(nll / target_tokens, 50.0)),
            "gradient_norm": sum(update.gradient_norm for update in updates) / len(updates),
            "learning_rate": learning_rate,
            "tokens_per_second": round(tokens / sum(update.seconds for update in updates), 1),
            "tokens_per_cpu_second": round(tokens / sum(update.cpu_seconds for update in updates), 1),
        }
