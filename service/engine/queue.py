"""The waiting segments, in the order in which they are to run."""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from service.engine.limits import EngineLimits
from service.engine.line import Line
from service.engine.request import Priority
from service.engine.scheduler import Waiting, is_expired, place


class Size(NamedTuple):
    """An amount of work."""

    segments: int
    tokens: int

    @classmethod
    def of(cls, entries: Sequence[Waiting]) -> Size:
        """Segments and source tokens of ``entries``."""
        return cls(len(entries), sum(entry.source_tokens for entry in entries))


class WaitingQueue:
    """A queue bounded by segments and by source tokens. Not thread-safe; reads no clock.

    Entries must be added in order of arrival.
    """

    def __init__(self, limits: EngineLimits) -> None:
        self._limits = limits
        self._lines = {priority: Line(limits) for priority in Priority}
        self._tokens = 0
        self._next_deadline = math.inf  # never later than the earliest deadline; may be earlier

    def __len__(self) -> int:
        return sum(len(line) for line in self._lines.values())

    def __iter__(self) -> Iterator[Waiting]:
        """All entries, first to run first; the queue must not change meanwhile."""
        return heapq.merge(*self._lines.values(), key=lambda entry: place(entry, self._limits))

    def line(self, priority: Priority) -> Collection[Waiting]:
        """The entries of one priority, first to run first; the queue must not change meanwhile."""
        return self._lines[priority]

    @property
    def size(self) -> Size:
        """What waits now."""
        return Size(len(self), self._tokens)

    @property
    def oldest_arrival(self) -> float | None:
        """When the one that has waited longest came, or None for an empty queue."""
        arrivals = (line.oldest_arrival for line in self._lines.values())
        return min((arrival for arrival in arrivals if arrival is not None), default=None)

    def excess(self, offered: Size) -> Size:
        """By how much the queue would be over its bounds with ``offered`` added: zeros where it fits."""
        return Size(
            max(0, len(self) + offered.segments - self._limits.max_queue_segments),
            max(0, self._tokens + offered.tokens - self._limits.max_queue_tokens),
        )

    def add(self, entries: Sequence[Waiting]) -> None:
        """Append ``entries``; the caller has looked at ``excess``."""
        for entry in entries:
            self._lines[entry.priority].add(entry)
            self._tokens += entry.source_tokens
            self._note_deadline(entry)

    def remove(self, entry_id: int) -> Waiting | None:
        """Take an entry out, or None if it is not here."""
        for line in self._lines.values():
            if (entry := line.pop(entry_id)) is not None:
                self._tokens -= entry.source_tokens
                return entry
        return None

    def share(self, entry_id: int, priority: Priority, deadline: float | None, now: float) -> bool:
        """Change an entry's deadline; whether it is here.

        If it would run earlier as one of ``priority`` that arrives now, it becomes that one.
        """
        before = next(filter(None, (line.get(entry_id) for line in self._lines.values())), None)
        if before is None:
            return False
        entry = replace(before, deadline=deadline)
        promoted = replace(entry, priority=priority, arrival=now)
        if place(promoted, self._limits) < place(entry, self._limits):
            self.remove(entry_id)
            self.add([promoted])
        else:
            self._lines[entry.priority].replace(entry)
            self._note_deadline(entry)
        return True

    def pop_expired(self, now: float) -> list[Waiting]:
        """Take out the entries whose deadline has passed; looks through the queue only if one may have."""
        if now < self._next_deadline:
            return []
        expired = [entry for entry in self if is_expired(entry, now)]
        for entry in expired:
            self.remove(entry.id)
        self._next_deadline = min(
            (entry.deadline for entry in self if entry.deadline is not None), default=math.inf
        )
        return expired

    def _note_deadline(self, entry: Waiting) -> None:
        if entry.deadline is not None:
            self._next_deadline = min(self._next_deadline, entry.deadline)
