"""Attention: where in the source a decoder state looks.

Each kind splits the work in two. ``project`` runs once per sentence and gives what every query is compared
with; ``forward`` answers queries. The query axis is target positions in training and hypotheses in
decoding: the same code serves both, and a memory is never copied for each hypothesis.

Keys and values have an axis of heads even where there is one: each head's are contiguous, so that no step of
decoding has to rearrange them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from model.config import AttentionKind, ModelShape


class Projected(NamedTuple):
    """What queries are compared with and what they read, once per sentence."""

    keys: Tensor
    """``[batch, heads, src_len, hidden / heads]``"""
    values: Tensor
    """``[batch, heads, src_len, hidden / heads]``"""


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
        return Projected(self.key(memory)[:, None], memory[:, None])

    def forward(self, query: Tensor, projected: Projected, mask: Tensor) -> Attended:
        """See ``Attention.forward``; holds ``[batch, queries, src_len, hidden]`` for a moment."""
        # queries [batch, queries, 1, hidden] + keys of the one head [batch, 1, src_len, hidden]
        mixed = torch.tanh(self.query(query)[:, :, None, :] + projected.keys)
        weights = _masked_softmax(self.energy(mixed).squeeze(-1), mask[:, None, :])
        return Attended(torch.bmm(weights.to(projected.values.dtype), projected.values[:, 0]), weights)


class DotAttention(Attention):
    """``score = scale * q · k`` over the memory as it is.

    With a scale of 1 Luong et al. 2015's ``dot``, which has no weights of its own; with
    ``1 / sqrt(hidden)``, Vaswani et al. 2017's remedy for scores that grow with the width.
    """

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__()
        self.scale = scale

    def project(self, memory: Tensor) -> Projected:
        """Both are the memory."""
        return Projected(memory[:, None], memory[:, None])

    def forward(self, query: Tensor, projected: Projected, mask: Tensor) -> Attended:
        """See ``Attention.forward``."""
        return attend(query[:, None] * self.scale, projected, mask[:, None, None])


class GeneralAttention(Attention):
    """``score = q · W k`` (Luong et al. 2015); reads the memory itself."""

    def __init__(self, hidden_size: int) -> None:
        super().__init__()
        self.key = nn.Linear(hidden_size, hidden_size, bias=False)

    def project(self, memory: Tensor) -> Projected:
        """``W k`` once; the values are the memory."""
        return Projected(self.key(memory)[:, None], memory[:, None])

    def forward(self, query: Tensor, projected: Projected, mask: Tensor) -> Attended:
        """See ``Attention.forward``."""
        return attend(query[:, None], projected, mask[:, None, None])


class MultiHeadAttention(Attention):
    """Scaled dot product in ``heads`` subspaces (Vaswani et al. 2017).

    Departure from the paper: no output projection; what reads the context brings its own linear map.
    """

    def __init__(self, hidden_size: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.scale = 1.0 / math.sqrt(hidden_size // heads)
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)

    def project(self, memory: Tensor) -> Projected:
        """Keys and values of every head."""
        keys, values = split_heads(self.key(memory), self.heads), split_heads(self.value(memory), self.heads)
        return Projected(keys.contiguous(), values.contiguous())

    def forward(self, query: Tensor, projected: Projected, mask: Tensor) -> Attended:
        """See ``Attention.forward``."""
        queries = split_heads(self.query(query) * self.scale, self.heads)
        return attend(queries, projected, mask[:, None, None])


class NoAttention(Attention):
    """Every query reads the same: a memory of one position, ``[batch, 1, hidden]``.

    The weights are those of somebody who knows nothing: equal over the real source positions.
    """

    def project(self, memory: Tensor) -> Projected:
        """No keys, as nothing is compared; the value is the one position."""
        return Projected(memory[:, None, :, :0], memory[:, None])

    def forward(self, query: Tensor, projected: Projected, mask: Tensor) -> Attended:
        """See ``Attention.forward``."""
        queries = query.shape[1]
        weights = mask / mask.sum(1, keepdim=True)
        return Attended(
            projected.values[:, 0].expand(-1, queries, -1), weights[:, None].expand(-1, queries, -1)
        )


def build_attention(shape: ModelShape) -> Attention:
    """The attention that ``shape`` names."""
    kinds: dict[AttentionKind, Callable[[], Attention]] = {
        "none": NoAttention,
        "additive": lambda: AdditiveAttention(shape.hidden_size),
        "dot": DotAttention,
        "general": lambda: GeneralAttention(shape.hidden_size),
        "scaled_dot": lambda: DotAttention(shape.hidden_size**-0.5),
        "multi_head": lambda: MultiHeadAttention(shape.hidden_size, shape.attention_heads),
    }
    return kinds[shape.attention]()


def split_heads(x: Tensor, heads: int) -> Tensor:
    """``[batch, positions, hidden] -> [batch, heads, positions, hidden / heads]``."""
    split: Tensor = x.unflatten(-1, (heads, -1))
    return split.transpose(1, 2)


def attend(queries: Tensor, projected: Projected, visible: Tensor) -> Attended:
    """Compare queries with the keys of their head by dot products.

    Args:
        queries: ``[batch, heads, queries, hidden / heads]``, scaled.
        projected: keys and values.
        visible: True where a query may look; broadcasts with ``[batch, heads, queries, src_len]``.
    """
    weights = _masked_softmax(queries @ projected.keys.transpose(-1, -2), visible)
    context = weights.to(projected.values.dtype) @ projected.values
    return Attended(context.transpose(1, 2).flatten(2), weights.mean(1))


def _masked_softmax(scores: Tensor, mask: Tensor) -> Tensor:
    """Softmax over the last axis in float32, exactly 0 where ``mask`` is False."""
    return scores.float().masked_fill(~mask, -torch.inf).softmax(-1)
