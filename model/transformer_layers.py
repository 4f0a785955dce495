"""The layers of a Transformer: each branch reads a normed input and adds to the residual sum."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model.attention import Attended, MultiHeadAttention, Projected, attend, split_heads


class SelfAttention(nn.Module):
    """Multi-head attention of a sequence over itself (Vaswani et al. 2017).

    Args:
        hidden_size: width.
        heads: must divide it.
    """

    def __init__(self, hidden_size: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.mixed = nn.Linear(hidden_size, 3 * hidden_size)  # of each head: query, key, value
        self.output = nn.Linear(hidden_size, hidden_size)

    def forward(self, x: Tensor, visible: Tensor) -> Tensor:
        """Over whole sequences.

        By plain products: at the length of sentences they train up to five times as fast, in bfloat16 on a
        CPU, as the gradient of PyTorch's fused attention, which ``step`` uses.

        Args:
            x: ``[batch, positions, hidden]``.
            visible: True where a position may look; broadcasts with ``[batch, heads, positions, positions]``.
        """
        query, key, value = split_heads(self.mixed(x), self.heads).chunk(3, -1)
        context = attend(query / math.sqrt(query.shape[-1]), Projected(key, value), visible).context
        out: Tensor = self.output(context)
        return out

    def step(self, x: Tensor, past: Tensor, visible: Tensor) -> tuple[Tensor, Tensor]:
        """One more token of every hypothesis.

        Args:
            x: ``[batch, beam, hidden]``.
            past: keys and values so far, ``[batch, beam, heads, columns, 2 * hidden / heads]``.
            visible: which columns are a row's own, the new one included, bool ``[batch, columns + 1]``.

        Returns:
            What the branch adds, ``[batch, beam, hidden]``, and ``past`` with one more column.
        """
        mixed = self.mixed(x).unflatten(-1, (self.heads, 1, -1))  # [batch, beam, heads, 1, 3 * width]
        width = mixed.shape[-1] // 3
        present = torch.cat([past, mixed[..., width:]], 3)
        key, value = present.flatten(0, 1).chunk(2, -1)
        mask = visible[:, None].expand(-1, x.shape[1], -1).flatten(0, 1)
        out = F.scaled_dot_product_attention(
            mixed[..., :width].flatten(0, 1), key, value, attn_mask=mask[:, None, None]
        )
        return self.output(out.view(x.shape)), present


class FeedForward(nn.Sequential):
    """Two linear maps with a ReLU between them."""

    def __init__(self, hidden_size: int, inner_size: int) -> None:
        super().__init__(nn.Linear(hidden_size, inner_size), nn.ReLU(), nn.Linear(inner_size, hidden_size))


class EncoderLayer(nn.Module):
    """Self-attention, then a feed-forward network.

    Args:
        hidden_size: width.
        inner_size: width inside the feed-forward network.
        heads: must divide ``hidden_size``.
        dropout: of what each branch adds.
    """

    def __init__(self, hidden_size: int, inner_size: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.self_norm = nn.LayerNorm(hidden_size)
        self.self_attention = SelfAttention(hidden_size, heads)
        self.inner_norm = nn.LayerNorm(hidden_size)
        self.inner = FeedForward(hidden_size, inner_size)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """``x`` is ``[batch, src_len, hidden]``, ``mask`` its real positions."""
        x = x + self.dropout(self.self_attention(self.self_norm(x), mask[:, None, None]))
        out: Tensor = x + self.dropout(self.inner(self.inner_norm(x)))
        return out


class DecoderLayer(nn.Module):
    """Self-attention over the target so far, attention to the source, then a feed-forward network.

    Args: as those of ``EncoderLayer``.
    """

    def __init__(self, hidden_size: int, inner_size: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.self_norm = nn.LayerNorm(hidden_size)
        self.self_attention = SelfAttention(hidden_size, heads)
        self.cross_norm = nn.LayerNorm(hidden_size)
        self.cross_attention = MultiHeadAttention(hidden_size, heads)
        self.cross_output = nn.Linear(hidden_size, hidden_size)
        self.inner_norm = nn.LayerNorm(hidden_size)
        self.inner = FeedForward(hidden_size, inner_size)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, projected: Projected, mask: Tensor) -> Attended:
        """The whole target at once: each position sees those up to its own.

        That hides padding on the right from whatever is real.

        Args:
            x: ``[batch, tgt_len, hidden]``.
            projected: this layer's part of the memory.
            mask: real source positions, ``[batch, src_len]``.

        Returns:
            The new ``x``, and where it looked.
        """
        past = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).tril()
        x = x + self.dropout(self.self_attention(self.self_norm(x), past))
        return self._look_and_think(x, projected, mask)

    def step(
        self, x: Tensor, past: Tensor, visible: Tensor, projected: Projected, mask: Tensor
    ) -> tuple[Attended, Tensor]:
        """One position of every hypothesis, ``[batch, beam, hidden]``; see ``SelfAttention.step``."""
        added, present = self.self_attention.step(self.self_norm(x), past, visible)
        return self._look_and_think(x + added, projected, mask), present

    def _look_and_think(self, x: Tensor, projected: Projected, mask: Tensor) -> Attended:
        context, weights = self.cross_attention(self.cross_norm(x), projected, mask)
        x = x + self.dropout(self.cross_output(context))
        return Attended(x + self.dropout(self.inner(self.inner_norm(x))), weights)
