"""The loss of two readings through a tied softmax, with its gradient, in bfloat16 with float32 sums.

Only the features and the weights are rounded before a product, and the gradients of the logits after one:
logits, probabilities and divergences are float32 throughout, and a reference is subtracted from its
probability before the difference is rounded.
"""

from __future__ import annotations

from ctypes import byref

import torch
from torch import Tensor

from model.fused.library import Consistency, load_library
from model.fused.output_layer import LossAndGradients, OutputLayer


def two_readings_loss(
    features: Tensor,
    embedding: Tensor,
    bias: Tensor,
    targets: Tensor,
    smoothing: float,
    weights: tuple[float, float, float, float],
) -> LossAndGradients:
    """See ``model.training.consistency.consistency_loss``.

    Args:
        features: ``[2, positions, width]``; width is even, and there is a position.
        embedding: float32 ``[vocab, width]``.
        bias: float32 ``[vocab]``.
        targets: int64 ``[positions]``.
        smoothing: of the cross-entropies.
        weights: of the first reading's cross-entropy and the second's, of KL(first ‖ second) and of
            KL(second ‖ first).

    Raises:
        KernelError: there are no kernels.
    """
    layer, targets = OutputLayer(embedding, bias), targets.contiguous()
    x = features.to(torch.bfloat16).contiguous()
    grad_x = torch.zeros_like(x, dtype=torch.float32)
    grad_embedding, grad_bias = torch.zeros_like(embedding), torch.zeros_like(bias)
    smoothed, nll = torch.empty(2, len(targets)).unbind()
    task = Consistency(len(targets), layer.width, layer.vocabulary, smoothing, weights[:2], weights[2:])
    task.x, task.targets = x.data_ptr(), targets.data_ptr()
    task.columns, task.rows, task.bias = (part.data_ptr() for part in (layer.columns, layer.rows, layer.bias))
    task.smoothed, task.nll = smoothed.data_ptr(), nll.data_ptr()
    task.grad_x, task.grad_embedding, task.grad_bias = (
        grad.data_ptr() for grad in (grad_x, grad_embedding, grad_bias)
    )
    load_library().dragoman_consistency(byref(task))
    return LossAndGradients(smoothed.sum(), nll.sum(), grad_x, grad_embedding, grad_bias)
