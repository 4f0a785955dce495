"""A step of AdamW and of a moving average, in one pass over the weights."""

from __future__ import annotations

import math
from ctypes import byref
from typing import Any

import torch
from torch import Tensor

from model.fused.library import AdamW, load_library


def square_sum(x: Tensor) -> float:
    """The sum of the squares of ``x``, contiguous float32, added in float64.

    Raises:
        KernelError: there are no kernels.
    """
    total: float = load_library().dragoman_square_sum(x.data_ptr(), x.numel())
    return total


def adamw_step(
    weights: Tensor,
    gradient: Tensor,
    state: dict[str, Any],
    group: dict[str, Any],
    *,
    scale: float,
    average: Tensor | None = None,
    moved: float = 0.0,
) -> None:
    """What ``torch.optim.AdamW`` does with a parameter; all tensors contiguous float32 of one shape.

    Args:
        weights: changed.
        gradient: of the loss; read only.
        state: the optimiser's of this parameter, filled and kept as ``torch.optim.AdamW`` with ``fused=True``
            does; empty before the first step.
        group: the optimiser's group of this parameter.
        scale: what to multiply the gradient with.
        average: goes ``moved`` of the way, 0 to 1, to the weights after the step.
        moved: see ``average``.

    Raises:
        KernelError: there are no kernels.
    """
    if not state:
        state["step"] = torch.zeros(())
        state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(weights), torch.zeros_like(weights)
    state["step"] += 1
    step, (beta1, beta2), rate = int(state["step"]), group["betas"], float(group["lr"])
    task = AdamW(weights.numel(), scale, beta1, beta2, group["eps"])
    task.rate, task.root = rate / (1 - beta1**step), math.sqrt(1 - beta2**step)
    task.shrink, task.moved = 1 - rate * group["weight_decay"], moved
    task.gradient, task.weights = gradient.data_ptr(), weights.data_ptr()
    task.mean, task.square = state["exp_avg"].data_ptr(), state["exp_avg_sq"].data_ptr()
    task.average = None if average is None else average.data_ptr()
    load_library().dragoman_adamw(byref(task))
