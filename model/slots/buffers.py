"""The slots: every tensor of a batch of the largest size, made once and written in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor
from torch.nn import functional as F

from model.attention import Projected
from model.config import DecodingOptions
from model.decoding.job import Job
from model.decoding.options import RowOptions
from model.decoding.state import SearchState, Widths
from model.recurrent import RecurrentSeq2Seq
from model.recurrent_state import RecurrentMemory, RecurrentState
from model.slots.shape import SlotShape
from model.slots.tree import leaves, mapped
from model.tokenizer import EOS
from model.transfer import send

_BLANK = Job(0, (EOS,), DecodingOptions(beam_size=1))
"""Stands for any beam search before its first step: but for their options they are all alike."""


@dataclass(frozen=True)
class Slots:
    """Rows of a batch at fixed places in memory; axis 0 of every tensor is the slot.

    Attributes:
        search: where the search stands.
        state: where the network stands.
        memory: what it attends to; without the summary, which only a row's start needs.
        beyond: places of the beam that are not used, all of a resting row; bool ``[slots, beam]``.
        resting: rows that have ended, and free slots: a step leaves their results and lengths alone;
            bool ``[slots]``.
        unusable: rows that rest because the network's numbers were none, bool ``[slots]``.
    """

    search: SearchState
    state: RecurrentState
    memory: RecurrentMemory
    beyond: Tensor
    resting: Tensor
    unusable: Tensor

    @classmethod
    def blank(cls, model: RecurrentSeq2Seq, shape: SlotShape) -> Self:
        """One free slot."""
        device = model.device
        source = torch.full((1, 1), EOS, device=device)
        memory = model.encode(source, torch.ones_like(source, dtype=torch.bool))
        widths = Widths(shape.beam, shape.beam, shape.capacity, shape.src_len)
        yes = torch.ones(1, dtype=torch.bool, device=device)
        return cls(
            search=SearchState.start([_BLANK], widths, device),
            state=model.init_state(memory, shape.beam),
            memory=_fitted(memory, shape.src_len),
            beyond=yes[:, None].expand(-1, shape.beam),
            resting=yes,
            unusable=~yes,
        )

    def repeated(self, rows: int) -> Self:
        """Copies of the one slot of this."""
        return mapped(self, lambda x: x.repeat(rows, *(1 for _ in x.shape[1:])))

    def beginning(self, jobs: Sequence[Job], memory: RecurrentMemory, state: RecurrentState) -> Self:
        """``jobs`` before their first step, to be put into slots; this is a blank one.

        Args:
            jobs: beam searches that fit.
            memory: of their sources.
            state: at their start.
        """
        device, (beam, _, _, src_len) = self.resting.device, self.search.widths
        options = mapped(RowOptions.of(jobs, torch.device("cpu")), lambda x: send(x, device))
        beyond = torch.arange(beam, device=device) >= options.beam_size[:, None]
        return replace(
            self,
            search=replace(self.search, options=options),
            state=state,
            memory=_fitted(memory, src_len),
            beyond=beyond,
            resting=torch.zeros_like(self.resting),
        )

    def put(self, places: Tensor, rows: Self) -> None:
        """Copy ``rows``, or one row again and again, into the slots ``places``, int64 ``[rows]``."""
        for slots, new in zip(leaves(self), leaves(rows), strict=True):
            slots.index_copy_(0, places, new.expand(len(places), *new.shape[1:]))

    def move(self, origins: Tensor, places: Tensor) -> None:
        """Copy the rows in slots ``origins`` into slots ``places``, none of which is an origin."""
        for slots in leaves(self):
            slots.index_copy_(0, places, slots.index_select(0, origins))

    def stop(self, places: Tensor) -> None:
        """Let the rows in slots ``places`` rest."""
        self.resting.index_fill_(0, places, True)
        self.beyond.index_fill_(0, places, True)

    def first(self, count: int, width: int) -> Self:
        """A view of the first ``count`` slots and ``width`` source positions; it has the same memory."""
        part = mapped(self, lambda x: x[:count])
        search, (keys, values) = part.search, part.memory.projected
        shortlist = replace(search.shortlist, coverage=search.shortlist.coverage[:, :, :width])
        memory = replace(
            part.memory,
            projected=Projected(keys[:, :, :width], values[:, :, :width]),
            mask=part.memory.mask[:, :width],
        )
        search = replace(search, coverage=search.coverage[:, :, :width], shortlist=shortlist)
        return replace(part, search=search, memory=memory)


def _fitted(memory: RecurrentMemory, src_len: int) -> RecurrentMemory:
    """``memory`` padded to ``src_len`` positions, without the summary.

    Padding is zero and not what a slot held before: attention multiplies it by zero, which does not make
    zero of every number.
    """
    missing = src_len - memory.mask.shape[1]
    keys, values = (F.pad(part, (0, 0, 0, missing)) for part in memory.projected)
    return RecurrentMemory(Projected(keys, values), F.pad(memory.mask, (0, missing)), memory.summary[:, :0])
