"""Sums over the updates since the last record."""

from __future__ import annotations

import math

from model.training.batching import Batch
from model.training.loss import Loss


class Window:
    """Adds up losses, tokens and seconds."""

    def __init__(self) -> None:
        self._nll = self._smoothed = self._norm = 0.0
        self._seconds = self._cpu_seconds = 0.0
        self._target_tokens = self._tokens = self._updates = 0

    def add(
        self, loss: Loss, gradient_norm: float, batch: Batch, *, seconds: float, cpu_seconds: float
    ) -> None:
        """Count one update, which took ``seconds`` and as much processor time, of all threads."""
        self._nll += float(loss.nll)
        self._smoothed += float(loss.smoothed.detach())
        self._target_tokens += int(batch.target_mask.sum())
        self._tokens += batch.tokens
        self._norm += gradient_norm
        self._seconds += seconds
        self._cpu_seconds += cpu_seconds
        self._updates += 1

    def summary(self, learning_rate: float) -> dict[str, float]:
        """Means per target token or per update.

        ``tokens_per_second`` counts real tokens of both sides. So does ``tokens_per_cpu_second``, which
        hardly changes with what else the machine does, and says nothing where a GPU computes.
        """
        return {
            "loss": self._smoothed / self._target_tokens,
            "perplexity": math.exp(min(self._nll / self._target_tokens, 50.0)),
            "gradient_norm": self._norm / self._updates,
            "learning_rate": learning_rate,
            "tokens_per_second": round(self._tokens / self._seconds, 1),
            "tokens_per_cpu_second": round(self._tokens / self._cpu_seconds, 1),
        }
