"""A batch between two steps, as one immutable value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic, Self

import torch

from model.decoding.job import Job
from model.decoding.options import Plan
from model.decoding.state import SearchState, Widths
from model.decoding.trail import Trail
from model.interface import Memory, Seq2Seq, State
from model.padding import pad_ids

CAPACITY_GRAIN = 32
"""Histories grow by this many positions at a time."""


@dataclass(frozen=True, slots=True)
class Row:
    """A job in a batch, the batch's clock when it joined, and what it read since, if anybody asks."""

    job: Job
    joined_at: int
    trail: Trail | None


@dataclass(frozen=True)
class Snapshot(Generic[Memory, State]):
    """All there is to know about a batch that is not empty.

    Attributes:
        rows: who is in it, in row order.
        clock: steps taken; only differences from a row's ``joined_at`` mean something.
        plan: what the rows need together.
        search: where the search stands.
        state: where the network stands.
        memory: what it attends to.
    """

    rows: tuple[Row, ...]
    clock: int
    plan: Plan
    search: SearchState
    state: State
    memory: Memory

    @classmethod
    def of(cls, model: Seq2Seq[Memory, State], jobs: Sequence[Job]) -> Self:
        """A new batch of ``jobs``, at least one, encoded together, before their first step."""
        source, mask = pad_ids([job.source for job in jobs], model.device)
        memory = model.encode(source, mask)
        plan = Plan.of(jobs, model.device)
        widths = Widths(plan.beam, plan.n_best, CAPACITY_GRAIN, memory.mask.shape[1])
        return cls(
            rows=tuple(Row(job, 0, Trail() if job.attention else None) for job in jobs),
            clock=0,
            plan=plan,
            search=SearchState.start(jobs, widths, model.device),
            state=model.init_state(memory, plan.beam),
            memory=memory,
        )

    def with_room(self) -> Self:
        """The same with capacity for one more token in every row."""
        capacity = _capacity(self.rows, self.clock)
        widths = self.search.widths
        if capacity <= widths.capacity:
            return self
        return replace(self, search=self.search.resize(widths._replace(capacity=capacity)))

    def after(self, search: SearchState, state: State) -> Self:
        """The same one step later; ``search`` and ``state`` have the same hypotheses."""
        return replace(self, clock=self.clock + 1, search=search, state=state)

    def select(self, places: Sequence[int]) -> Self:
        """Only the rows at ``places``, at least one; shared axes shrink to what these need.

        The source axis shrinks as far as the network's memory does.
        """
        device = self.search.length.device
        index = torch.tensor(places, device=device)
        rows = tuple(self.rows[place] for place in places)
        plan = Plan.of([row.job for row in rows], device)
        memory = self.memory.select(index)
        widths = Widths(plan.beam, plan.n_best, _capacity(rows, self.clock), memory.mask.shape[1])
        return replace(
            self,
            rows=rows,
            plan=plan,
            search=self.search.select(index).resize(widths),
            state=with_beam(self.state.select(index), len(rows), self.plan.beam, plan.beam, device),
            memory=memory,
        )

    def concat(self, other: Snapshot[Memory, State]) -> Self:
        """The rows of both; those of ``other`` come last and are set to this clock."""
        device = self.search.length.device
        ahead = self.clock - other.clock
        rows = self.rows + tuple(replace(row, joined_at=row.joined_at + ahead) for row in other.rows)
        plan = Plan.of([row.job for row in rows], device)
        memory = type(self.memory).concat([self.memory, other.memory])
        capacity = max(self.search.widths.capacity, other.search.widths.capacity)
        widths = Widths(plan.beam, plan.n_best, capacity, memory.mask.shape[1])
        states = [
            with_beam(each.state, len(each.rows), each.plan.beam, plan.beam, device) for each in (self, other)
        ]
        return replace(
            self,
            rows=rows,
            plan=plan,
            search=SearchState.concat([each.search.resize(widths) for each in (self, other)]),
            state=type(self.state).concat(states),
            memory=memory,
        )


def with_beam(state: State, rows: int, beam: int, new_beam: int, device: torch.device) -> State:
    """``state`` narrowed or widened from ``beam`` to ``new_beam`` hypotheses.

    What fills a new place does not matter, as its log-probability is -inf.
    """
    if new_beam == beam:
        return state
    # beam 2 to 4: parents [0, 1, 1, 1]; beam 4 to 2: [0, 1]
    parents = torch.arange(new_beam, device=device).clamp(max=beam - 1)
    return state.reorder(parents.expand(rows, -1))


def _capacity(rows: Sequence[Row], clock: int) -> int:
    """Positions that hold the next token of the row that has been here longest, rounded up."""
    needed = clock - min(row.joined_at for row in rows) + 1
    return -(-needed // CAPACITY_GRAIN) * CAPACITY_GRAIN
