"""Memory and state of a packed network: frozen values, whose rows are never copied to join or to leave."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import torch
from torch import Tensor

from model.beams import follow
from model.inference.library import address


@dataclass(frozen=True)
class Sentence:
    """What the encoder leaves of one sentence.

    Attributes:
        target: the source's first token, the tag of the target language.
        keys_values: float32 ``[2, src_len, hidden]``.
        start: hidden states before the first step, float32 ``[layers, hidden]``.
    """

    target: int
    keys_values: Tensor
    start: Tensor

    @property
    def length(self) -> int:
        """Source positions."""
        return self.keys_values.shape[1]


@dataclass(frozen=True)
class PackedMemory:
    """The sentences of a batch, each in a block of its own without padding."""

    sentences: tuple[Sentence, ...]

    @cached_property
    def mask(self) -> Tensor:
        """See ``EncoderMemory.mask``."""
        lengths = torch.tensor([sentence.length for sentence in self.sentences])
        return torch.arange(self.longest) < lengths[:, None]

    @cached_property
    def targets(self) -> tuple[int, ...]:
        """The tag of each row's target language."""
        return tuple(sentence.target for sentence in self.sentences)

    @cached_property
    def longest(self) -> int:
        """Source positions of the longest row."""
        return max(sentence.length for sentence in self.sentences)

    @cached_property
    def lengths(self) -> ctypes.Array[ctypes.c_int32]:
        """Source positions of each row."""
        return (ctypes.c_int32 * len(self.sentences))(*[sentence.length for sentence in self.sentences])

    @cached_property
    def blocks(self) -> ctypes.Array[ctypes.c_void_p]:
        """Where each row's keys and values are."""
        addresses = [address(sentence.keys_values) for sentence in self.sentences]
        return (ctypes.c_void_p * len(addresses))(*addresses)

    def select(self, rows: Tensor) -> Self:
        """See ``EncoderMemory.select``."""
        return type(self)(tuple(self.sentences[row] for row in rows.tolist()))

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        """See ``EncoderMemory.concat``."""
        return cls(tuple(sentence for part in parts for sentence in part.sentences))


@dataclass(frozen=True)
class PackedState:
    """The states of all decoder layers, before a reordering that the next step makes good as it reads them.

    Attributes:
        slots: ``[batch, old_beam, layers, 2, hidden]``, the hidden state and the cell, contiguous.
        parents: which of these each hypothesis continues, int64 ``[batch, beam]``; None: each its own.
    """

    slots: Tensor
    parents: Tensor | None = None

    def reorder(self, parents: Tensor) -> Self:
        """See ``DecoderState.reorder``."""
        return type(self)(self.slots, parents if self.parents is None else self.parents.gather(1, parents))

    def select(self, rows: Tensor) -> Self:
        """See ``DecoderState.select``."""
        parents = None if self.parents is None else self.parents.index_select(0, rows)
        return type(self)(self.slots.index_select(0, rows), parents)

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        """See ``DecoderState.concat``."""
        return cls(torch.cat([part.settled() for part in parts]))

    def settled(self) -> Tensor:
        """The slots with every hypothesis in its place, ``[batch, beam, layers, 2, hidden]``."""
        return self.slots if self.parents is None else follow(self.slots, self.parents)
