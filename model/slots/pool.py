"""The slots of one network, lent to one batch at a time."""

from __future__ import annotations

from collections.abc import Sequence

from model.slots.search import SlotSearch


class SlotPool:
    """Slots for beams of several widths.

    A batch that finds the pool lent does without it, so a service may try a sentence in a batch of its own
    while the running batch keeps all of its slots.

    Args:
        searches: the slots.
    """

    def __init__(self, searches: Sequence[SlotSearch]) -> None:
        self._searches = sorted(searches, key=lambda search: search.shape.beam)
        self._owner: object | None = None

    @property
    def searches(self) -> tuple[SlotSearch, ...]:
        """The slots that have not been given up."""
        return tuple(self._searches)

    def lend(self, batch: object) -> list[SlotSearch]:
        """The slots, the narrowest beam first, for ``batch`` until ``take_back``; none if they are lent."""
        if self._owner is None:
            self._owner = batch
        return self.lent_to(batch)

    def lent_to(self, batch: object) -> list[SlotSearch]:
        """The slots that ``batch`` has."""
        return list(self._searches) if self._owner is batch else []

    def take_back(self, batch: object) -> None:
        """``batch`` needs its slots no more."""
        if self._owner is batch:
            self._owner = None

    def give_up(self, search: SlotSearch) -> None:
        """Lend ``search`` no more."""
        self._searches.remove(search)
