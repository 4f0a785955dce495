"""Two readings of one batch that must agree: cross-entropy plus the divergence between their predictions.

R-Drop (Liang et al. 2021) reads the same batch twice, under two draws of dropout. SimCut (Gao et al. 2022)
reads it once as it is and once with some tokens cut out. Both are the sum that ``Weights`` describes. Value
and gradient are computed together, in chunks, as in ``model.training.loss``: with
``z`` the logits of a reading, ``p`` its probabilities and ``d = log p1 - log p2``,

    KL(1‖2) = sum p1 d              its gradient: p1 (d - KL(1‖2)) for z1,  p2 - p1 for z2
    KL(2‖1) = - sum p2 d            its gradient: p1 - p2 for z1,           p2 (-d - KL(2‖1)) for z2

Gradients flow into both readings; Gao et al. found that this matters. ``model.fused`` computes the same in
one compiled pass where it can.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from model import fused
from model.training.loss import Loss, chunks


class Weights(NamedTuple):
    """The terms of the loss: cross-entropy of either reading, and either divergence."""

    first: float
    second: float
    forward: float
    """Of KL(first ‖ second)."""
    backward: float
    """Of KL(second ‖ first)."""


def r_drop_weights(alpha: float) -> Weights:
    """Half of Liang et al.'s loss ``CE1 + CE2 + alpha / 2 * (KL(1‖2) + KL(2‖1))``.

    Halved, the cross-entropy is the mean of the two, on the scale of a run without R-Drop.
    """
    return Weights(0.5, 0.5, alpha / 4, alpha / 4)


def simcut_weights(alpha: float) -> Weights:
    """Gao et al.'s loss: cross-entropy of the whole reading, and ``alpha`` times KL(whole ‖ cut)."""
    return Weights(1.0, 0.0, alpha, 0.0)


def consistency_loss(
    features: Tensor,
    embedding: Tensor,
    bias: Tensor,
    targets: Tensor,
    *,
    smoothing: float,
    weights: Weights,
    dtype: torch.dtype,
) -> Loss:
    """The loss of two readings through a tied softmax.

    Args:
        features: ``[2, positions, embedding]``, real positions only.
        embedding: ``[vocab, embedding]``.
        bias: ``[vocab]``.
        targets: int64 ``[positions]``.
        smoothing: label smoothing of the cross-entropies.
        weights: of the terms.
        dtype: what the matrix products run in; sums and softmax are float32.

    Returns:
        ``smoothed`` is the whole weighted sum; ``nll`` is weighted like the cross-entropies.
    """
    apply: Any = _ConsistencyLoss.apply  # torch ships it without a signature
    smoothed, nll = apply(features, embedding, bias, targets, smoothing, weights, dtype)
    return Loss(smoothed, nll)


class _ConsistencyLoss(torch.autograd.Function):
    """Gradients are made in the forward pass, where the probabilities are at hand anyway."""

    @staticmethod
    def forward(
        ctx: Any,
        features: Tensor,
        embedding: Tensor,
        bias: Tensor,
        targets: Tensor,
        smoothing: float,
        weights: Weights,
        dtype: torch.dtype,
    ) -> tuple[Tensor, Tensor]:
        if fused.usable(features, dtype) and features.shape[2] % 2 == 0 and len(targets):
            loss = fused.two_readings_loss(features, embedding, bias, targets, smoothing, weights)
            ctx.save_for_backward(loss.features.to(features.dtype), loss.embedding, loss.bias)
            ctx.mark_non_differentiable(loss.nll)
            return loss.smoothed, loss.nll
        x, weight, offset = features.to(dtype), embedding.to(dtype), bias.to(dtype)
        grad_x = torch.empty_like(x)
        grad_weight = torch.zeros_like(embedding, dtype=torch.float32)
        grad_bias = torch.zeros_like(bias, dtype=torch.float32)
        smoothed, nll = x.new_zeros((), dtype=torch.float32), x.new_zeros((), dtype=torch.float32)
        for part in chunks(x[0], share=2):
            first, second = (torch.addmm(offset, x[i, part], weight.t()).float() for i in range(2))
            values = _reduce(first, second, targets[part, None], smoothing, weights)
            smoothed += values.smoothed
            nll += values.nll
            for i, grad in enumerate((first, second)):
                grad_bias += grad.sum(0)
                low = grad.to(dtype)
                grad_x[i, part] = low @ weight
                grad_weight += low.t() @ x[i, part]
        ctx.save_for_backward(grad_x.to(features.dtype), grad_weight, grad_bias)
        ctx.mark_non_differentiable(nll)
        return smoothed, nll

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_smoothed: Tensor, _grad_nll: Tensor) -> tuple[Tensor | None, ...]:
        grads = (grad.mul_(grad_smoothed) for grad in ctx.saved_tensors)  # in place: see model.training.loss
        return (*grads, None, None, None, None)


def _reduce(first: Tensor, second: Tensor, gold: Tensor, smoothing: float, weights: Weights) -> Loss:
    """The loss of a chunk; its gradient takes the place of the logits ``first`` and ``second``.

    ``first`` and ``second`` are float32 ``[positions, vocab]``, ``gold`` is int64 ``[positions, 1]``.
    """
    for logits in (first, second):
        logits.sub_(logits.logsumexp(-1, keepdim=True))
    smoothed, nll = first.new_zeros(()), first.new_zeros(())
    for log_probs, share in ((first, weights.first), (second, weights.second)):
        if share:
            part_nll = -share * log_probs.gather(1, gold).sum()
            nll += part_nll
            smoothed += (1 - smoothing) * part_nll - share * smoothing * log_probs.mean(-1).sum()
    smoothed += _to_gradients(first, second, smoothing, weights)
    for grad, share in ((first, weights.first), (second, weights.second)):
        grad.scatter_add_(1, gold, torch.full_like(gold, -share * (1 - smoothing), dtype=grad.dtype))
    return Loss(smoothed, nll)


def _to_gradients(first: Tensor, second: Tensor, smoothing: float, weights: Weights) -> Tensor:
    """Turn log-probabilities, in place, into gradients without the reference's term; the divergences."""
    uniform = smoothing / first.shape[1]
    probs = first.exp(), second.exp()
    difference = first.sub_(second)
    products = torch.mul(probs[0], difference, out=second), difference.mul_(probs[1])
    forward, backward = products[0].sum(-1, keepdim=True), -products[1].sum(-1, keepdim=True)
    divergence = weights.forward * forward.sum() + weights.backward * backward.sum()
    # ``second`` now holds p1 d, ``first`` holds p2 d.
    own = probs[0] * (weights.first + weights.backward - weights.forward * forward)
    own.add_(second, alpha=weights.forward).sub_(probs[1], alpha=weights.backward)
    other = probs[1].mul(weights.second + weights.forward - weights.backward * backward)
    other.sub_(first, alpha=weights.backward).sub_(probs[0], alpha=weights.forward)
    torch.sub(own, weights.first * uniform, out=first)
    torch.sub(other, weights.second * uniform, out=second)
    return divergence
