"""One segment in the engine, and all who wait for it."""

from __future__ import annotations

import asyncio
import functools
import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from service.cache.store import SegmentKey
from service.engine.request import Priority, SegmentRequest, SegmentResult, SharableTicket, Ticket
from service.engine.ticket import FutureTicket, fail
from service.errors import DeadlineExceeded, ServiceError


@dataclass(eq=False, slots=True)
class _Sharer:
    """One who waits: ``deadline`` is infinite where there is none; ``timer`` ends the wait at it."""

    future: asyncio.Future[SegmentResult]
    priority: Priority
    deadline: float
    timer: asyncio.TimerHandle | None = None


@dataclass(frozen=True, slots=True)
class Tower:
    """What flights ask of whoever keeps them.

    Attributes:
        submit: to the engine; raises ``ServiceError``.
        keep: the flight's result; called before any sharer can see it.
        close: the flight is over, and nobody may join it any more. May be called twice.
        desert: the last sharer has left the flight; to call its ``end``, at once or later, unless somebody
            joins it.
        clock: monotonic seconds, the clock of the deadlines.
    """

    submit: Callable[[SegmentRequest], SharableTicket]
    keep: Callable[[SegmentKey, SegmentResult], None]
    close: Callable[[Flight], None]
    desert: Callable[[Flight], None]
    clock: Callable[[], float]


class Flight:
    """A segment being decoded for one or more sharers; used on the event loop's thread.

    Each sharer ends once: with the result, with an error, at its own deadline, or by its own cancellation.
    The segment has the best priority and the latest deadline of all who ever joined, so the engine itself
    ends those with the latest; timers end the others. What becomes of it when the last sharer has left, the
    tower says.

    Attributes:
        key: what is decoded.
        began: when, by the tower's clock.

    Args:
        key: what is decoded.
        request: it, with the priority and the deadline that it was submitted with.
        ticket: of ``request`` in the engine.
        tower: see there.
    """

    def __init__(
        self, key: SegmentKey, request: SegmentRequest, ticket: SharableTicket, tower: Tower
    ) -> None:
        self.key = key
        self.began = tower.clock()
        self._tower = tower
        self._priority = request.priority
        self._deadline = _deadline(request)
        self._sharers: set[_Sharer] = set()
        self._untimed: set[_Sharer] = set()  # those whose deadline is the segment's
        self._ticket = ticket
        ticket.on_end(self._land)

    def join(self, request: SegmentRequest) -> Ticket:
        """Let one more wait, for as long and as urgently as ``request`` says."""
        future: asyncio.Future[SegmentResult] = asyncio.get_running_loop().create_future()
        sharer = _Sharer(future, request.priority, _deadline(request))
        self._sharers.add(sharer)
        self._widen(sharer)
        if sharer.deadline == self._deadline:
            self._untimed.add(sharer)
        else:
            self._set_timer(sharer)
        return FutureTicket(future, functools.partial(self._leave, sharer))

    def end(self) -> None:
        """Take the segment out of the engine: nobody waits for it."""
        self._tower.close(self)
        self._ticket.cancel()

    def _widen(self, sharer: _Sharer) -> None:
        """Give the segment the sharer's priority and deadline where they are the better ones."""
        if sharer.priority >= self._priority and sharer.deadline <= self._deadline:
            return
        if sharer.deadline > self._deadline:
            for other in self._untimed:
                self._set_timer(other)
            self._untimed.clear()
        self._priority = min(self._priority, sharer.priority)
        self._deadline = max(self._deadline, sharer.deadline)
        self._ticket.share(self._priority, _or_none(self._deadline))

    def _set_timer(self, sharer: _Sharer) -> None:
        seconds = max(0.0, sharer.deadline - self._tower.clock())
        sharer.timer = asyncio.get_running_loop().call_later(seconds, self._expire, sharer)

    def _leave(self, sharer: _Sharer) -> None:
        if self._remove(sharer):
            sharer.future.cancel()
            if not self._sharers:
                self._tower.desert(self)

    def _expire(self, sharer: _Sharer) -> None:
        if self._remove(sharer):
            fail(sharer.future, DeadlineExceeded("the deadline passed (shared)"))
            if not self._sharers:
                self.end()

    def _remove(self, sharer: _Sharer) -> bool:
        """Whether it still waited; now it does not."""
        if sharer not in self._sharers:
            return False
        self._sharers.remove(sharer)
        self._untimed.discard(sharer)
        if sharer.timer is not None:
            sharer.timer.cancel()
        return True

    def _land(self, outcome: SegmentResult | BaseException) -> None:
        if isinstance(outcome, SegmentResult):
            self._tower.keep(self.key, outcome)
            self._close(outcome)
        elif isinstance(outcome, DeadlineExceeded):
            self._fly_on(outcome)
        else:
            self._close(outcome)

    def _fly_on(self, error: DeadlineExceeded) -> None:
        """Begin again for those who have time left: they joined after the engine had given the segment up."""
        now = self._tower.clock()
        self._end([sharer for sharer in self._sharers if sharer.deadline <= now], error)
        if not self._sharers:
            self._tower.close(self)
            return
        self._priority = min(sharer.priority for sharer in self._sharers)
        self._deadline = max(sharer.deadline for sharer in self._sharers)
        request = replace(self.key.work, priority=self._priority, deadline=_or_none(self._deadline))
        try:
            self._ticket = self._tower.submit(request)
        except ServiceError as refusal:
            self._close(refusal)
        else:
            self._ticket.on_end(self._land)

    def _close(self, outcome: SegmentResult | BaseException) -> None:
        self._tower.close(self)
        self._end(list(self._sharers), outcome)

    def _end(self, sharers: Collection[_Sharer], outcome: SegmentResult | BaseException) -> None:
        for sharer in sharers:
            self._remove(sharer)
            if isinstance(outcome, SegmentResult):
                sharer.future.set_result(outcome)
            else:
                fail(sharer.future, outcome)


def _deadline(request: SegmentRequest) -> float:
    return math.inf if request.deadline is None else request.deadline


def _or_none(deadline: float) -> float | None:
    return None if deadline == math.inf else deadline
