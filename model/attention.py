"""Attention: where in the source a decoder state looks.

Each kind splits the work in two. ``project`` runs once per sentence and gives what every query is compared
with; ``forward`` answers queries. The query axis is target positions in training and hypotheses in
decoding: the same code serves both, and a memory is never copied for each hypothesis.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from model.config import ModelShape


class Projected(NamedTuple):
    """What queries are compared with and what they read, once per sentence."""

    keys: Tensor
    """``[batch, src_len, hidden]``"""
    values: Tensor
    """``[batch, src_len, hidden]``"""


class Attended(NamedTuple):
    """The answer to a set of queries."""

    context: Tensor
    """Weighted mean of the values, ``[batch, queries, hidden]``."""
    weights: Tensor
    """Head average, ``[batch, queries, src_len]``; each row sums to 1, exactly 0 where masked."""


class Attention(nn.Module):
    """The common form of all kinds."""

    def project(self, memory: Tensor) -> Projected:
        """Keys and values of ``memory`` ``[batch, src_len, hidden]``."""
        raise NotImplementedError

    def forward(self, query: Tensor, projected: Projected, mask: Tensor) -> Attended:
        """Answer ``query`` ``[batch, queries, hidden]`` under ``mask`` ``[batch, src_len]``."""
        raise NotImplementedError


class AdditiveAttention(Attention):
    """``score = v · tanh(W q + U k)`` (Bahdanau et al. 2015); reads the memory itself."""

    def __init__(self, hidden_size: int) -> None:
        super().__init__()
        self.query = nn.Linear(hidden_size, hidden_size, bias=False)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.energy = nn.Linear(hidden_size, 1, bias=False)

    def project(self, memory: Tensor) -> Projected:
        """``U k`` once; the values are the memory."""
        return Projected(self.key(memory), memory)

    def forward(self, query: Tensor, projected: Projected, mask: Tensor) -> Attended:
        """See ``Attention.forward``; holds ``[batch, queries, src_len, hidden]`` for a moment."""
        mixed = torch.tanh(self.query(query)[:, :, None, :] + projected.keys[:, None, :, :])
        scores = self.energy(mixed).squeeze(-1)
        weights = _masked_softmax(scores, mask[:, None, :])
        return Attended(torch.bmm(weights.to(projected.values.dtype), projected.values), weights)


class MultiHeadAttention(Attention):
    """Scaled dot product in ``heads`` subspaces (Vaswani et al. 2017).

    Departure from the paper: no output projection, because whatever reads the context begins with a linear
    map that mixes the heads anyway.
    """

    def __init__(self, hidden_size: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.scale = 1.0 / math.sqrt(hidden_size // heads)
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)

    def project(self, memory: Tensor) -> Projected:
        """Keys and values of every head, heads side by side on the last axis."""
        return Projected(self.key(memory), self.value(memory))

    def forward(self, query: Tensor, projected: Projected, mask: Tensor) -> Attended:
        """See ``Attention.forward``."""
        queries = self._split(self.query(query) * self.scale)
        scores = queries @ self._split(projected.keys).transpose(-1, -2)  # [batch, heads, queries, src_len]
        weights = _masked_softmax(scores, mask[:, None, None, :])
        context = weights.to(projected.values.dtype) @ self._split(projected.values)
        return Attended(context.transpose(1, 2).flatten(2), weights.mean(1))

    def _split(self, x: Tensor) -> Tensor:
        """``[batch, positions, hidden] -> [batch, heads, positions, hidden / heads]``."""
        split: Tensor = x.unflatten(-1, (self.heads, -1))
        return split.transpose(1, 2)


def build_attention(shape: ModelShape) -> Attention:
    """The attention that ``shape`` names."""
    if shape.attention == "additive":
        return AdditiveAttention(shape.hidden_size)
    return MultiHeadAttention(shape.hidden_size, shape.attention_heads)


def _masked_softmax(scores: Tensor, mask: Tensor) -> Tensor:
    """Softmax over the last axis in float32, exactly 0 where ``mask`` is False."""
    return scores.float().masked_fill(~mask, -torch.inf).softmax(-1)
