"""What a Transformer leaves to attend to, and where its hypotheses stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from model.attention import Projected
from model.beams import follow
from model.padding import pad_and_concat


@dataclass(frozen=True)
class TransformerMemory:
    """The keys and values that each decoder layer reads of each source position.

    Attributes:
        layers: one a decoder layer, ``[batch, heads, src_len, hidden / heads]`` each.
        mask: True where real, ``[batch, src_len]``.
    """

    layers: tuple[Projected, ...]
    mask: Tensor

    def select(self, rows: Tensor) -> Self:
        """See ``EncoderMemory.select``; sheds the padding that none of ``rows`` needs."""
        mask = self.mask[rows]
        length = int(mask.sum(1).max())
        layers = (
            Projected(*(part[:, :, :length].index_select(0, rows) for part in layer)) for layer in self.layers
        )
        return type(self)(tuple(layers), mask[:, :length])

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        """See ``EncoderMemory.concat``."""
        layers = (
            Projected(
                pad_and_concat([part.keys for part in same], dim=2),
                pad_and_concat([part.values for part in same], dim=2),
            )
            for same in zip(*(part.layers for part in parts), strict=True)
        )
        return cls(tuple(layers), pad_and_concat([part.mask for part in parts]))


@dataclass(frozen=True)
class TransformerState:
    """The keys and values of every hypothesis' tokens so far.

    Rows join a running batch at different times, so their histories differ in length. They are aligned on
    the right: a row's tokens are the last ``lengths`` columns, and a step appends one column for all.

    ::

        lengths 3:  a b c        one step later:  a b c d
        lengths 1:  - - x                         - - x y

    Attributes:
        layers: one a decoder layer, ``[batch, beam, heads, columns, 2 * hidden / heads]``: keys, then values,
            side by side.
        lengths: tokens so far, which is the position of the next one; int64 ``[batch]``.
    """

    layers: tuple[Tensor, ...]
    lengths: Tensor

    @property
    def columns(self) -> int:
        """Tokens of the longest history, or more."""
        return self.layers[0].shape[3]

    def reorder(self, parents: Tensor) -> Self:
        """See ``DecoderState.reorder``."""
        return type(self)(tuple(follow(layer, parents) for layer in self.layers), self.lengths)

    def select(self, rows: Tensor) -> Self:
        """See ``DecoderState.select``; sheds the columns that none of ``rows`` needs."""
        lengths = self.lengths[rows]
        columns = int(lengths.max())
        start = self.columns - columns
        layers = (layer.narrow(3, start, columns).index_select(0, rows) for layer in self.layers)
        return type(self)(tuple(layers), lengths)

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        """See ``DecoderState.concat``."""
        layers = (
            pad_and_concat(same, dim=3, left=True)
            for same in zip(*(part.layers for part in parts), strict=True)
        )
        return cls(tuple(layers), torch.cat([part.lengths for part in parts]))
