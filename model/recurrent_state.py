"""What a recurrent network leaves to attend to, and where its hypotheses stand."""

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
class RecurrentMemory:
    """What the attention reads of each source position, and a summary of the sentence.

    Attributes:
        projected: ``[batch, heads, src_len, hidden / heads]`` each; one position without attention.
        mask: True where real, ``[batch, src_len]``.
        summary: ``[batch, hidden]``.
    """

    projected: Projected
    mask: Tensor
    summary: Tensor

    def select(self, rows: Tensor) -> Self:
        """See ``EncoderMemory.select``; sheds the padding that none of ``rows`` needs."""
        mask = self.mask[rows]
        length = int(mask.sum(1).max())
        keys, values = (part[:, :, :length].index_select(0, rows) for part in self.projected)
        return type(self)(Projected(keys, values), mask[:, :length], self.summary[rows])

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        """See ``EncoderMemory.concat``."""
        return cls(
            Projected(
                pad_and_concat([part.projected.keys for part in parts], dim=2),
                pad_and_concat([part.projected.values for part in parts], dim=2),
            ),
            pad_and_concat([part.mask for part in parts]),
            torch.cat([part.summary for part in parts]),
        )


@dataclass(frozen=True)
class RecurrentState:
    """The states of all decoder layers in one tensor, which a reordered beam gathers at once.

    Attributes:
        slots: ``[batch, beam, slots, hidden]``; layer after layer, of an LSTM layer the hidden state and then
            the cell.
    """

    slots: Tensor

    def reorder(self, parents: Tensor) -> Self:
        """See ``DecoderState.reorder``."""
        return type(self)(follow(self.slots, parents))

    def select(self, rows: Tensor) -> Self:
        """See ``DecoderState.select``."""
        return type(self)(self.slots[rows])

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        """See ``DecoderState.concat``."""
        return cls(torch.cat([part.slots for part in parts]))
