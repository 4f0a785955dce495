"""One step of all slots, in place: the same operations every time, none of which the host waits for."""

from __future__ import annotations

import torch

from model.beams import flat_places
from model.decoding.advance import StepInput, advance
from model.decoding.candidates import Words
from model.decoding.options import Plan
from model.recurrent import RecurrentSeq2Seq
from model.slots.buffers import Slots
from model.slots.tree import leaves


def advance_slots(model: RecurrentSeq2Seq, words: Words, slots: Slots) -> None:
    """Extend the open hypotheses of every row that does not rest by one token; rows that end by it rest then.

    A resting row is computed like any other, but no hypothesis of it can finish, and its length stays: its
    places are all ``beyond`` the beam, and what it attends to is cut off, as it may be any number by now.

    Args:
        model: the network.
        words: what may be produced.
        slots: all that a step reads and writes; everything is computed before anything is written.
    """
    search, resting = slots.search, slots.resting
    out = model.step(search.last, slots.state, slots.memory)
    attention = out.attention.masked_fill(resting[:, None, None], 0.0)
    given = StepInput(out.log_probs, attention, slots.memory.mask, words, _plan(slots))
    advanced = advance(search, given)
    ended, unusable = advanced.verdicts
    unusable = slots.unusable | (unusable & ~resting)
    length = torch.where(resting, search.length, advanced.search.length)
    now_resting = resting | ended | unusable
    _reorder(out.state.slots, advanced.parents, into=slots.state.slots)
    for old, new in zip(leaves(search), leaves(advanced.search), strict=True):
        old.copy_(length if old is search.length else new)
    slots.unusable.copy_(unusable)
    resting.copy_(now_resting)
    slots.beyond.logical_or_(now_resting[:, None])


def _plan(slots: Slots) -> Plan:
    """What rows of any options need together. A coverage penalty of zero adds zero."""
    beam, n_best, _, _ = slots.search.widths
    return Plan(
        beam=beam,
        beyond=slots.beyond,
        n_best=n_best,
        coverage=True,
        sampling=None,
        support=None,
        constraints=None,
    )


def _reorder(states: torch.Tensor, parents: torch.Tensor, into: torch.Tensor) -> None:
    """``model.beams.follow`` written to where it is wanted, as states are much of what a step moves."""
    torch.index_select(states.flatten(0, 1), 0, flat_places(parents, states.shape[1]), out=into.flatten(0, 1))
