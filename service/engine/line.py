"""The waiting segments of one priority."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Collection, Iterator

from service.engine.limits import EngineLimits
from service.engine.scheduler import Waiting, place


class Line(Collection[Waiting]):
    """Segments in the order of ``place``; must not change while it is iterated over. Not thread-safe.

    Adding and removing move a list of plain numbers, which for thousands of segments takes microseconds;
    reading the head, or who came first, costs the same however long the line is (``OrderedDict``: the head of
    a plain dict is found slowly after many removals in front of it).

    Args:
        limits: what the order follows from.
    """

    def __init__(self, limits: EngineLimits) -> None:
        self._limits = limits
        self._order: list[tuple[float, int]] = []
        self._by_arrival: OrderedDict[int, Waiting] = OrderedDict()

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[Waiting]:
        """First to run first."""
        return (self._by_arrival[entry_id] for _, entry_id in self._order)

    def __contains__(self, entry: object) -> bool:
        return isinstance(entry, Waiting) and self.get(entry.id) == entry

    @property
    def oldest_arrival(self) -> float | None:
        """When the one that has waited longest came, or None for an empty line."""
        return next((entry.arrival for entry in self._by_arrival.values()), None)

    def get(self, entry_id: int) -> Waiting | None:
        """The segment with that id, or None if it is not here."""
        return self._by_arrival.get(entry_id)

    def add(self, entry: Waiting) -> None:
        """Take in ``entry``, which came no earlier than any that is here."""
        insort(self._order, place(entry, self._limits))
        self._by_arrival[entry.id] = entry

    def pop(self, entry_id: int) -> Waiting | None:
        """Take a segment out, or None if it is not here."""
        if (entry := self._by_arrival.pop(entry_id, None)) is not None:
            del self._order[bisect_left(self._order, place(entry, self._limits))]
        return entry

    def replace(self, entry: Waiting) -> None:
        """Put ``entry`` where one with the same id and the same place is."""
        self._by_arrival[entry.id] = entry
