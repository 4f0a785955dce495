"""Label-smoothed cross-entropy through a tied softmax, with its gradient, in bfloat16 with float32 sums.

The kernel writes exponentials straight from the logits' products, so that logits are never rounded and no
pass over them is needed. What normalising would do to ``[positions, vocab]`` numbers is done to the
``[positions, width]`` ones that they are multiplied with.
"""

from __future__ import annotations

from ctypes import byref
from typing import NamedTuple

import torch
from torch import Tensor

from model.fused.library import Softmax, load_library

_PANEL = 64
_LANES = 16
CHUNK_POSITIONS = 512
"""Exponentials of this many positions are made at once: few enough for a processor's cache."""


class LossAndGradients(NamedTuple):
    """Sums over the positions, in nats, and the gradients of ``smoothed``; all float32."""

    smoothed: Tensor
    nll: Tensor
    features: Tensor
    """``[positions, width]``"""
    embedding: Tensor
    """``[vocab, width]``"""
    bias: Tensor
    """``[vocab]``"""


class _Part(NamedTuple):
    """Some positions' softmax."""

    exponentials: Tensor
    """bfloat16 ``[positions, vocab or more]``; of the target, less ``(1 - smoothing)`` of the sum."""
    sums: Tensor
    """Of the exponentials, float32 ``[positions]``."""
    normaliser: Tensor
    """Logarithm of the sum of ``e^logit``, float32 ``[positions]``."""
    gold: Tensor
    """The target's logit, float32 ``[positions]``."""


def softmax_loss(
    features: Tensor, embedding: Tensor, bias: Tensor, targets: Tensor, smoothing: float
) -> LossAndGradients:
    """See ``model.training.loss.tied_softmax_loss``.

    Args:
        features: ``[positions, width]``; width is even.
        embedding: float32 ``[vocab, width]``.
        bias: float32 ``[vocab]``.
        targets: int64 ``[positions]``.
        smoothing: mass spread evenly over the vocabulary.

    Raises:
        KernelError: there are no kernels.
    """
    vocabulary = embedding.shape[0]
    layer = _Layer(embedding, bias)
    x = features.to(torch.bfloat16).contiguous()
    grad_x = torch.empty_like(x, dtype=torch.float32)
    grad_embedding = torch.empty_like(embedding)
    grad_bias = x.new_zeros(layer.columns, dtype=torch.float32)
    nll, normalisers = (x.new_zeros((), dtype=torch.float32) for _ in range(2))
    for start in range(0, x.shape[0], CHUNK_POSITIONS):
        rows = slice(start, start + CHUNK_POSITIONS)
        part = layer.run(x[rows], targets[rows], smoothing)
        nll += (part.normaliser - part.gold).sum()
        normalisers += part.normaliser.sum()
        inverse = part.sums.reciprocal()
        real = part.exponentials[:, :vocabulary]
        torch.mul(real @ layer.low, inverse[:, None], out=grad_x[rows])
        of_embedding = real.t() @ (x[rows] * inverse[:, None]).to(torch.bfloat16)
        grad_embedding.copy_(of_embedding) if start == 0 else grad_embedding.add_(of_embedding)
        load_library().dragoman_add_weighted_rows(
            part.exponentials.data_ptr(), inverse.data_ptr(), *part.exponentials.shape, grad_bias.data_ptr()
        )
    # What is spread evenly over the vocabulary has the mean as its logit, and a gradient of one row for all.
    total, share = x.sum(0, dtype=torch.float32), smoothing / vocabulary
    column_sums = embedding.sum(0)
    evenly = (total @ column_sums + x.shape[0] * bias.sum()) / vocabulary
    smoothed = (1 - smoothing) * nll + smoothing * (normalisers - evenly)
    return LossAndGradients(
        smoothed,
        nll,
        grad_x.sub_(share * column_sums),
        grad_embedding.sub_(share * total),
        grad_bias[:vocabulary].sub_(share * x.shape[0]),
    )


class _Layer:
    """The weights of the softmax as the products read them."""

    def __init__(self, embedding: Tensor, bias: Tensor) -> None:
        vocabulary, width = embedding.shape
        self.panels = -(-vocabulary // _PANEL)
        self.columns = self.panels * _PANEL
        self.low = embedding.to(torch.bfloat16)
        self.packed = self.low.new_empty(self.columns * width)
        self.bias = torch.full((self.columns,), -torch.inf)
        self.bias[:vocabulary] = bias
        load_library().dragoman_pack_columns(
            embedding.contiguous().data_ptr(), vocabulary, width, self.packed.data_ptr()
        )

    def run(self, x: Tensor, targets: Tensor, smoothing: float) -> _Part:
        """The softmax of ``x`` ``[positions, width]``, bfloat16."""
        positions, width = x.shape
        exponentials = x.new_empty(positions, self.columns)
        sums, shift, gold = torch.empty(3, positions).unbind()
        scratch = torch.empty(positions, _LANES)
        task = Softmax(positions, width, self.panels)
        task.x, task.weights, task.bias = x.data_ptr(), self.packed.data_ptr(), self.bias.data_ptr()
        task.targets, task.smoothing = targets.contiguous().data_ptr(), smoothing
        task.exponentials, task.partial_sums = exponentials.data_ptr(), scratch.data_ptr()
        task.sums, task.shift, task.target_logits = sums.data_ptr(), shift.data_ptr(), gold.data_ptr()
        load_library().dragoman_softmax(byref(task))
        return _Part(exponentials, sums, sums.log() + shift, gold)
