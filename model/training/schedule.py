"""What changes over a run, as pure functions of the update."""

from __future__ import annotations

import math

from model.config import TrainingConfig


def learning_rate(update: int, config: TrainingConfig) -> float:
    """Linear warm-up, then half a cosine down to the final fraction (Loshchilov & Hutter 2017, no restarts).

    Args:
        update: the update about to be made, from 0.
        config: ``learning_rate``, ``warmup_updates``, ``max_updates``, ``final_learning_rate_fraction``.
    """
    if update < config.warmup_updates:
        return config.learning_rate * (update + 1) / config.warmup_updates
    progress = (update - config.warmup_updates) / max(1, config.max_updates - config.warmup_updates)
    low = config.final_learning_rate_fraction
    return config.learning_rate * (low + (1 - low) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


def sampling_share(update: int, config: TrainingConfig) -> float:
    """The share of scheduled sampling: zero, then linear up to its configured value at ``max_updates``.

    Args:
        update: the update about to be made, from 0.
        config: ``scheduled_sampling``, ``scheduled_sampling_after_updates``, ``max_updates``.
    """
    start = config.scheduled_sampling_after_updates
    progress = (update - start) / max(1, config.max_updates - start)
    return config.scheduled_sampling * min(1.0, max(0.0, progress))
