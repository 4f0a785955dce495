"""The weights of a tied softmax as the products read them, and what its losses give."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from model.fused.library import load_library

_PANEL = 64


class LossAndGradients(NamedTuple):
    """Sums over the positions, in nats, and the gradients of ``smoothed``; all float32."""

    smoothed: Tensor
    nll: Tensor
    features: Tensor
    """Of the shape of the features."""
    embedding: Tensor
    """``[vocab, width]``"""
    bias: Tensor
    """``[vocab]``"""


class OutputLayer:
    """Weights in bfloat16, packed.

    Args:
        embedding: float32 ``[vocab, width]``.
        bias: float32 ``[vocab]``.

    Attributes:
        vocabulary, width: the shape of ``embedding``.
        low: ``embedding``, rounded.
        columns: the same, packed for products that sum over the width.
        rows: the same, packed for products that sum over the vocabulary, in whole panels.
        bias: float32, in whole panels; minus infinity where there is no entry.

    Raises:
        KernelError: there are no kernels.
    """

    def __init__(self, embedding: Tensor, bias: Tensor) -> None:
        self.vocabulary, self.width = embedding.shape
        columns = -(-self.vocabulary // _PANEL) * _PANEL
        self.low = embedding.to(torch.bfloat16)
        self.columns = self.low.new_empty(columns * self.width)
        self.rows = self.low.new_empty(columns * -(-self.width // _PANEL) * _PANEL)
        self.bias = torch.full((columns,), -torch.inf)
        self.bias[: self.vocabulary] = bias
        library, weights = load_library(), embedding.contiguous()
        library.dragoman_pack_columns(
            weights.data_ptr(), self.vocabulary, self.width, self.columns.data_ptr()
        )
        library.dragoman_pack_rows(
            weights.data_ptr(), self.vocabulary, columns, self.width, self.rows.data_ptr()
        )
