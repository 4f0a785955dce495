"""Who is in which slot: the host's account, without any tensor."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

from model.decoding.job import Job


@dataclass(eq=False, slots=True)
class Sitter:
    """A job and its slot, which changes when slots are compacted; compared by identity, as ids come again.

    Attributes:
        job: what is decoded.
        slot: where; None once it has left.
        wanted: whether somebody waits for its translation.
        steps: how many have been started for it.
    """

    job: Job
    slot: int | None
    wanted: bool = True
    steps: int = 0

    @property
    def steps_left(self) -> int:
        """How many more it can take at most."""
        return self.job.max_length + 1 - self.steps


class Seats:
    """Gives out slots, the lowest first.

    Args:
        rows: how many slots there are.
    """

    def __init__(self, rows: int) -> None:
        self._sitters: list[Sitter | None] = [None] * rows
        self._free = list(range(rows))  # a heap

    @property
    def taken(self) -> int:
        """Slots in use."""
        return len(self._sitters) - len(self._free)

    @property
    def free(self) -> int:
        """Slots not in use."""
        return len(self._free)

    @property
    def span(self) -> int:
        """The least number of slots, from the first, that has all that are in use."""
        return max((slot + 1 for slot, sitter in enumerate(self._sitters) if sitter), default=0)

    @property
    def sitters(self) -> list[Sitter]:
        """Who is here, by slot."""
        return [sitter for sitter in self._sitters if sitter]

    def take(self, jobs: Sequence[Job]) -> list[Sitter]:
        """Seat ``jobs``, at most as many as slots are free."""
        sitters = [Sitter(job, heapq.heappop(self._free)) for job in jobs]
        for sitter in sitters:
            self._place(sitter)
        return sitters

    def leave(self, sitter: Sitter) -> int:
        """Free the slot of ``sitter``, who has one; which it was."""
        slot = self._slot(sitter)
        self._sitters[slot] = sitter.slot = None
        heapq.heappush(self._free, slot)
        return slot

    def compact(self, span: int) -> list[tuple[int, int]]:
        """Move who sits behind the first ``span`` slots, at least as many as are taken, into those.

        Returns:
            From which slot to which each has moved.
        """
        moves = []
        for sitter in self.sitters:
            if (origin := self._slot(sitter)) >= span:
                sitter.slot = heapq.heappop(self._free)
                self._place(sitter)
                self._sitters[origin] = None
                moves.append((origin, sitter.slot))
        for origin, _ in moves:
            heapq.heappush(self._free, origin)
        return moves

    def _place(self, sitter: Sitter) -> None:
        self._sitters[self._slot(sitter)] = sitter

    @staticmethod
    def _slot(sitter: Sitter) -> int:
        if sitter.slot is None:
            raise ValueError("whoever has left has no slot")
        return sitter.slot
