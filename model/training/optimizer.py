"""The optimiser: AdamW with decay on matrices only."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from model.config import TrainingConfig


def build_optimizer(model: nn.Module, config: TrainingConfig) -> torch.optim.AdamW:
    """AdamW (Loshchilov & Hutter 2019); biases and norms are not decayed, nor is the embedding table.

    A decayed embedding would shrink the rows of rare words, which hardly ever get a gradient.
    """
    decayed = [p for name, p in model.named_parameters() if p.dim() == 2 and "embedding" not in name]
    chosen = {id(p) for p in decayed}
    others = [p for p in model.parameters() if id(p) not in chosen]
    groups: list[dict[str, Any]] = [{"params": decayed}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(
        groups,
        lr=config.learning_rate,
        betas=config.adam_betas,
        eps=1e-8,
        weight_decay=config.weight_decay,
        fused=True,
    )
