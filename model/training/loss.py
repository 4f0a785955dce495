"""The training loss: label-smoothed cross-entropy through a tied softmax, with its gradient, in chunks.

A softmax over a vocabulary of thousands makes the largest tensors of training by far. Computing loss and
gradient together, some hundred positions at a time, keeps them in the processor's cache and never holds the
whole ``[positions, vocab]`` matrix.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from model import fused

CHUNK_POSITIONS = 256
"""On a CPU: logits of this many positions fit into its cache."""
CHUNK_POSITIONS_ON_A_GPU = 4096
"""Elsewhere: enough work for one kernel, and still far from the whole matrix."""


class Loss(NamedTuple):
    """Sums over target positions, in nats."""

    smoothed: Tensor
    """What is minimised: ``(1 - s) * nll + s * mean over the vocabulary of -log p``; differentiable.
    With a consistency loss, that is in it too."""
    nll: Tensor
    """Negative log-likelihood of the reference, for reporting; not differentiable."""


def tied_softmax_loss(
    features: Tensor, embedding: Tensor, bias: Tensor, targets: Tensor, smoothing: float, dtype: torch.dtype
) -> Loss:
    """Cross-entropy of ``softmax(features · embeddingᵀ + bias)`` against ``targets``.

    Args:
        features: ``[positions, embedding]``, real positions only.
        embedding: ``[vocab, embedding]``.
        bias: ``[vocab]``.
        targets: int64 ``[positions]``.
        smoothing: mass spread evenly over the vocabulary (Szegedy et al. 2016).
        dtype: what the matrix products run in; sums and softmax are float32.
    """
    apply: Any = _TiedSoftmaxLoss.apply  # torch ships it without a signature
    smoothed, nll = apply(features, embedding, bias, targets, smoothing, dtype)
    return Loss(smoothed, nll)


def chunks(x: Tensor, share: int = 1) -> Iterator[slice]:
    """The positions of ``x`` ``[positions, width]`` in parts; ``share`` streams divide a part's room."""
    room = CHUNK_POSITIONS if x.device.type == "cpu" else CHUNK_POSITIONS_ON_A_GPU
    for start in range(0, x.shape[0], room // share):
        yield slice(start, start + room // share)


class _TiedSoftmaxLoss(torch.autograd.Function):
    """Gradients are made in the forward pass, where the probabilities are at hand anyway."""

    @staticmethod
    def forward(
        ctx: Any,
        features: Tensor,
        embedding: Tensor,
        bias: Tensor,
        targets: Tensor,
        smoothing: float,
        dtype: torch.dtype,
    ) -> tuple[Tensor, Tensor]:
        if fused.usable(features, dtype) and features.shape[1] % 2 == 0 and len(features):
            loss = fused.softmax_loss(features, embedding, bias, targets, smoothing)
            ctx.save_for_backward(loss.features.to(features.dtype), loss.embedding, loss.bias)
            ctx.mark_non_differentiable(loss.nll)
            return loss.smoothed, loss.nll
        x, weight, offset = features.to(dtype), embedding.to(dtype), bias.to(dtype)
        grad_x = torch.empty_like(x)
        grad_weight = torch.zeros_like(embedding, dtype=torch.float32)
        grad_bias = torch.zeros_like(bias, dtype=torch.float32)
        smoothed, nll = x.new_zeros((), dtype=torch.float32), x.new_zeros((), dtype=torch.float32)
        vocabulary = embedding.shape[0]
        for part in chunks(x):
            gold = targets[part, None]
            logits = torch.addmm(offset, x[part], weight.t()).float()
            log_normaliser = logits.logsumexp(-1)
            part_nll = (log_normaliser - logits.gather(1, gold).squeeze(1)).sum()
            nll += part_nll
            smoothed += (1 - smoothing) * part_nll
            smoothed += smoothing * (log_normaliser - logits.mean(-1)).sum()
            # d loss / d logits = p - (1 - s) * onehot - s / vocab
            grad = logits.sub_(log_normaliser[:, None]).exp_().sub_(smoothing / vocabulary)
            grad.scatter_add_(1, gold, torch.full_like(gold, -(1 - smoothing), dtype=grad.dtype))
            grad_bias += grad.sum(0)
            low = grad.to(dtype)
            grad_x[part] = low @ weight
            grad_weight += low.t() @ x[part]
        ctx.save_for_backward(grad_x.to(features.dtype), grad_weight, grad_bias)
        ctx.mark_non_differentiable(nll)
        return smoothed, nll

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_smoothed: Tensor, _grad_nll: Tensor) -> tuple[Tensor | None, ...]:
        # In place, as these are the largest gradients of training; autograd refuses a second pass.
        grads = (grad.mul_(grad_smoothed) for grad in ctx.saved_tensors)
        return (*grads, None, None, None)
