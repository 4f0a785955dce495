"""Segments that nobody waits for any more, kept in the engine in case that their client comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass

from service.cache.flight import Flight

PATIENCE_SECONDS = 2.0
"""Whoever leaves sooner has changed their mind, like somebody who types on; a client that gives up waiting,
and then sends the same again, has waited for 5 seconds or more."""


@dataclass(frozen=True, slots=True)
class Grace:
    """What is kept for whom.

    Attributes:
        seconds: for which a segment that nobody waits for stays in the engine; 0 for not at all.
        max_segments: that are kept at once; what comes on top is not kept. A request's segments are deserted
            in their order, so that its first ones are, on which most work has been done.
        patience_seconds: a segment deserted sooner than that after its start is not kept.
    """

    seconds: float
    max_segments: int
    patience_seconds: float = PATIENCE_SECONDS


NO_GRACE = Grace(seconds=0.0, max_segments=0)


class Deserted:
    """The flights without sharers that are still in the engine; used on the event loop's thread.

    Args:
        grace: which, and for how long.
        clock: monotonic seconds, that of the flights.
    """

    def __init__(self, grace: Grace, clock: Callable[[], float]) -> None:
        self._grace = grace
        self._clock = clock
        self._timers: dict[Flight, asyncio.TimerHandle] = {}

    def add(self, flight: Flight) -> None:
        """End ``flight``: later, if somebody may come back for it, else at once."""
        is_late = self._clock() - flight.began >= self._grace.patience_seconds
        if is_late and self._grace.seconds and len(self._timers) < self._grace.max_segments:
            loop = asyncio.get_running_loop()
            self._timers[flight] = loop.call_later(self._grace.seconds, flight.end)
        else:
            flight.end()

    def remove(self, flight: Flight) -> None:
        """``flight`` has ended or is not deserted any more; nothing happens if it never was."""
        if (timer := self._timers.pop(flight, None)) is not None:
            timer.cancel()

    def end_all(self, spared: Collection[Flight] = ()) -> bool:
        """End every one of them but ``spared`` now; whether there was any."""
        flights = [flight for flight in self._timers if flight not in spared]
        for flight in flights:
            flight.end()
        return bool(flights)
