"""Averages of weights: a moving one during training, and a plain one of the last validated weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel


def moving_average(model: nn.Module, decay: float) -> AveragedModel:
    """An exponential moving average of ``model``'s weights; call ``update_parameters`` after each update.

    The decay starts low, ``(1 + n) / (10 + n)``, so that the random start is soon forgotten.
    """

    def update(averages: Sequence[Tensor], weights: Sequence[Tensor], count: Tensor | int) -> None:
        keep = kept_share(decay, int(count))
        for average, weight in zip(averages, weights, strict=True):
            average.lerp_(weight, 1 - keep)

    averaged = AveragedModel(model, multi_avg_fn=torch.no_grad()(update))
    for module in averaged.modules():
        if isinstance(module, nn.RNNBase):
            module.flatten_parameters()  # a copy has lost the one block that cuDNN reads them from
    return averaged.eval()


def kept_share(decay: float, count: int) -> float:
    """What an average of ``count`` weights keeps of itself when the next come; the first replace it."""
    return min(decay, (1 + count) / (10 + count)) if count else 0.0


def average_files(paths: Sequence[Path]) -> dict[str, Tensor]:
    """The element-wise mean of the weights stored in ``paths``, float32."""
    total: dict[str, Tensor] = {}
    for path in paths:
        for name, tensor in load_file(path).items():
            total[name] = total.get(name, torch.zeros(())) + tensor.float()
    return {name: tensor / len(paths) for name, tensor in total.items()}
