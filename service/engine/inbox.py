"""Where the event loop and the engine's thread meet: everything that both of them touch."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Condition

from service.engine.limits import EngineLimits
from service.engine.queue import Size, WaitingQueue
from service.engine.request import Priority, SegmentRequest
from service.engine.scheduler import Waiting, is_expired
from service.engine.throughput import Throughput
from service.engine.turns import Scheduler, scheduler_for
from service.errors import Overloaded


@dataclass(frozen=True, slots=True)
class Admission:
    """A segment that is to join the running batch."""

    entry: Waiting
    request: SegmentRequest


@dataclass(frozen=True, slots=True)
class Orders:
    """What one turn of the engine's thread has to do, in this order, before it advances a batch.

    Attributes:
        expired_queued: their deadline passed in the queue; they are out of it.
        expired_running: rows to take out because their deadline has passed.
        cancelled_running: rows to take out because nobody waits for them any more.
        promoted: rows that somebody waits for interactively now: they belong to that batch from now on.
        lane: the batch to join and to advance.
        admitted: to join, in this order.
        rows: those that take steps; None: all of the batch.
        steps: how many to take.
    """

    expired_queued: Sequence[int]
    expired_running: Collection[int]
    cancelled_running: Collection[int]
    promoted: Collection[int]
    lane: Priority
    admitted: Sequence[Admission]
    rows: frozenset[int] | None
    steps: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The queue and the thread at one moment; see ``EngineStatus``."""

    queued: Size
    oldest_seconds: float
    running_segments: int
    beat_age_seconds: float


class Inbox:
    """The queue behind one lock, held only for bookkeeping and never while tensors are computed.

    ``take`` is called on the engine's thread, everything else on the event loop's. With nothing to do the
    thread sleeps in ``take`` until it is notified; it does not poll.

    Args:
        limits: the bounds.
        clock: monotonic seconds.
        scheduler: decides what runs; default: the one that ``limits`` ask for.
    """

    def __init__(
        self, limits: EngineLimits, clock: Callable[[], float], scheduler: Scheduler | None = None
    ) -> None:
        self._limits = limits
        self._scheduler = scheduler or scheduler_for(limits)
        self._clock = clock
        self._changed = Condition()
        self._queue = WaitingQueue(limits)
        self._requests: dict[int, SegmentRequest] = {}
        self._cancelled: set[int] = set()
        self._deadlines: dict[int, float | None] = {}  # of rows that were shared while they ran
        self._promoted: set[int] = set()
        self._closed = False
        self._running_rows = 0
        self._beat: float | None = None
        self._taken = Size(0, 0)
        self._throughput = Throughput()

    def offer(self, offered: Mapping[int, SegmentRequest]) -> None:
        """Queue all of ``offered`` under their ids, or none.

        What follows from accepted work is always queued. There is no more of it than of the latter, and were
        it refused, what a text becomes would depend on how much else there is to do.

        Raises:
            Overloaded: the queue has no room for all of them.
        """
        with self._changed:
            now = self._clock()
            entries = [_waiting(entry_id, request, now) for entry_id, request in offered.items()]
            new = [entry for entry in entries if not offered[entry.id].follows]
            excess = self._queue.excess(Size.of(new))
            if new and any(excess):
                raise Overloaded(
                    f"the queue is full: it holds at most {self._limits.max_queue_segments} segments and "
                    f"{self._limits.max_queue_tokens} source tokens",
                    self._throughput.retry_after_seconds(excess),
                )
            self._queue.add(entries)
            self._requests.update(offered)
            if self._beat is None:
                self._beat = now
            self._changed.notify()

    def withdraw(self, entry_id: int) -> bool:
        """Take a segment out of the queue; else, have it leave the running batch. True if it was queued."""
        with self._changed:
            queued = self._queue.remove(entry_id) is not None
            if queued:
                del self._requests[entry_id]
            else:
                self._cancelled.add(entry_id)
            return queued

    def share(self, entry_id: int, priority: Priority, deadline: float | None) -> None:
        """Change a segment's deadline and, where it gains by that, its place in the queue."""
        with self._changed:
            if not self._queue.share(entry_id, priority, deadline, self._clock()):
                self._deadlines[entry_id] = deadline
                if priority is Priority.INTERACTIVE:
                    self._promoted.add(entry_id)

    def close(self) -> None:
        """Forget what waits, and make ``take`` return None from now on whatever runs."""
        with self._changed:
            self._closed = True
            self._queue = WaitingQueue(self._limits)
            self._requests.clear()
            self._deadlines.clear()
            self._promoted.clear()
            self._running_rows = 0
            self._changed.notify()

    def take(self, running: Mapping[int, Waiting]) -> Orders | None:
        """Orders for the next turn, or None when the thread is to end. Sleeps while there is nothing to do.

        Args:
            running: the rows of the running batch by id.
        """
        with self._changed:
            self._account()
            while not (self._closed or running or len(self._queue)):
                self._running_rows = 0
                self._beat = None
                self._changed.wait()
            if self._closed:
                self._beat = None
                return None
            self._beat = self._clock()
            return self._orders(running, self._beat)

    def snapshot(self) -> Snapshot:
        """The present state.

        The beat's age counts from the thread's last turn, or, if it slept then, from when work was put
        before it. It is 0 while the thread has nothing to do, and grows if the thread hangs or has died.
        """
        with self._changed:
            now = self._clock()
            oldest = self._queue.oldest_arrival
            return Snapshot(
                queued=self._queue.size,
                oldest_seconds=0.0 if oldest is None else now - oldest,
                running_segments=self._running_rows,
                beat_age_seconds=0.0 if self._beat is None else now - self._beat,
            )

    def _account(self) -> None:
        """Add the turn that has just ended to the throughput, and tell the scheduler of it."""
        if self._beat is not None:
            seconds = self._clock() - self._beat
            self._throughput.record(self._taken, seconds)
            self._scheduler.spent(seconds)
        self._taken = Size(0, 0)

    def _orders(self, running: Mapping[int, Waiting], now: float) -> Orders:
        cancelled = running.keys() & self._cancelled
        self._cancelled.clear()
        expired = self._expired(running, now) - cancelled
        expired_queued = [entry.id for entry in self._queue.pop_expired(now)]
        for entry_id in expired_queued:
            del self._requests[entry_id]
        promoted = self._take_promoted(running) - cancelled - expired
        leaving = cancelled | expired
        staying = [
            replace(entry, priority=Priority.INTERACTIVE) if entry.id in promoted else entry
            for entry in running.values()
            if entry.id not in leaving
        ]
        turn = self._scheduler.turn(self._queue, staying, now)
        admitted = self._admit(turn.admitted)
        self._running_rows = len(staying) + len(admitted)
        return Orders(
            expired_queued, expired, cancelled, promoted, turn.lane, admitted, turn.rows, turn.steps
        )

    def _take_promoted(self, running: Mapping[int, Waiting]) -> set[int]:
        """The rows that are to change their batch."""
        shared, self._promoted = self._promoted, set()
        return {
            entry_id for entry_id in running.keys() & shared if running[entry_id].priority is Priority.BULK
        }

    def _expired(self, running: Mapping[int, Waiting], now: float) -> set[int]:
        # What is not running any more has ended: whatever runs was admitted in an earlier turn.
        self._deadlines = {
            entry_id: late for entry_id, late in self._deadlines.items() if entry_id in running
        }
        own = {entry.id for entry in running.values() if is_expired(entry, now)}
        shared = {entry_id for entry_id, late in self._deadlines.items() if late is not None and late <= now}
        return (own - self._deadlines.keys()) | shared

    def _admit(self, entries: Sequence[Waiting]) -> list[Admission]:
        for entry in entries:
            self._queue.remove(entry.id)
        self._taken = Size.of(entries)
        return [Admission(entry, self._requests.pop(entry.id)) for entry in entries]


def _waiting(entry_id: int, request: SegmentRequest, now: float) -> Waiting:
    return Waiting(
        id=entry_id,
        source_tokens=len(request.source),
        beam_size=request.options.beam_size,
        priority=request.priority,
        arrival=now,
        deadline=request.deadline,
    )
