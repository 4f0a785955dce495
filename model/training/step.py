"""What follows the gradients in an update: their norm, the optimiser's step, the moving average."""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from model import fused
from model.config import TrainingConfig
from model.training.averaging import kept_share
from model.training.zeros import Zeros

_TINY = 1e-6
"""Added to a norm before dividing by it, as ``torch.nn.utils.clip_grad_norm_`` does."""


class Step(Protocol):
    """An update's end in two parts, so that what is not finite is found before a weight changes."""

    def norm(self) -> float:
        """The norm of all gradients together, before they are clipped."""

    def take(self, norm: float, zeros: Zeros) -> None:
        """Step with gradients clipped by their ``norm``, restore ``zeros``, and move the average."""


def build_step(
    model: nn.Module, average: AveragedModel, optimizer: torch.optim.AdamW, config: TrainingConfig
) -> Step:
    """One pass over the weights where compiled kernels can compute it, and PyTorch's operators elsewhere."""
    dtype = torch.bfloat16 if config.precision == "bfloat16" else torch.float32
    possible = all(
        p.is_contiguous() and p.dtype == torch.float32 and fused.usable(p, dtype) for p in model.parameters()
    )
    kind = FusedStep if possible else PlainStep
    return kind(model, average, optimizer, config)


class PlainStep:
    """By PyTorch's operators."""

    def __init__(
        self, model: nn.Module, average: AveragedModel, optimizer: torch.optim.AdamW, config: TrainingConfig
    ) -> None:
        self.model, self.average, self.optimizer, self.config = model, average, optimizer, config

    def norm(self) -> float:
        """See ``Step.norm``; gradients are clipped already."""
        return float(torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.gradient_clip_norm))

    def take(self, norm: float, zeros: Zeros) -> None:
        """See ``Step.take``."""
        self.optimizer.step()
        zeros.restore()
        if self.config.ema_decay:
            self.average.update_parameters(self.model)


class FusedStep(PlainStep):
    """In one pass over the weights; the state is the same, and so are the numbers but for rounding."""

    def __init__(
        self, model: nn.Module, average: AveragedModel, optimizer: torch.optim.AdamW, config: TrainingConfig
    ) -> None:
        super().__init__(model, average, optimizer, config)
        pairs = zip(model.parameters(), average.module.parameters(), strict=True)
        self._averages: dict[Tensor, Tensor] = {weights: mean for weights, mean in pairs}  # noqa: C416 - typed

    def norm(self) -> float:
        """See ``Step.norm``; gradients are as they were."""
        gradients = (p.grad for p in self._averages if p.grad is not None)
        return math.sqrt(sum(fused.square_sum(gradient.contiguous()) for gradient in gradients))

    @torch.no_grad()
    def take(self, norm: float, zeros: Zeros) -> None:
        """See ``Step.take``; an average of weights that stay zero is made after these are restored."""
        together = bool(self.config.ema_decay) and not zeros
        moved = 1 - kept_share(self.config.ema_decay, int(self.average.n_averaged)) if together else 0.0
        scale = min(1.0, self.config.gradient_clip_norm / (norm + _TINY))
        for group in self.optimizer.param_groups:
            for weights in group["params"]:
                average = self._averages[weights] if together else None
                if weights.grad is not None:
                    gradient, state = weights.grad.contiguous(), self.optimizer.state[weights]
                    fused.adamw_step(
                        weights, gradient, state, group, scale=scale, average=average, moved=moved
                    )
                elif average is not None:
                    average.lerp_(weights, moved)
        if together:
            self.average.n_averaged += 1
            return
        zeros.restore()
        if self.config.ema_decay:
            self.average.update_parameters(self.model)
