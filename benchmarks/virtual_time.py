"""The engine under load by a clock of its own: processor time, with the idle time skipped.

The real queue, scheduler, worker and network run on one thread, without a server or a load generator. The
clock is the processor time that this thread has used; where there is nothing to do, it jumps to the next
arrival. So latencies are those of a service with the core to itself, whatever else the machine does, and a
run at a fifth of the capacity takes a fifth of its time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch

from service.engine.inbox import Inbox, Orders
from service.engine.limits import EngineLimits
from service.engine.observer import NullObserver
from service.engine.request import SegmentRequest
from service.engine.runner import BatchFactory, Runner
from service.engine.scheduler import Waiting
from service.engine.turns import Scheduler
from service.engine.worker import Outcome, Worker

MAX_QUEUED = 1_000_000
"""Nothing is refused here: a latency that grows says more."""


@dataclass(frozen=True, slots=True)
class TimedRequest:
    """A segment that comes ``at`` seconds after the start."""

    at: float
    request: SegmentRequest


@dataclass(frozen=True, slots=True)
class EngineRun:
    """What became of the requests.

    Attributes:
        latencies: seconds from arrival to result, in the order of the requests.
        seconds: from the start to the last result.
    """

    latencies: tuple[float, ...]
    seconds: float


class SkippingClock:
    """Seconds by a timer that one can also move on; begins at 0.

    Args:
        timer: seconds from some moment on; default: processor time of the calling thread.
    """

    def __init__(self, timer: Callable[[], float] = time.thread_time) -> None:
        self._timer = timer
        self._offset = -timer()

    def __call__(self) -> float:
        """Seconds since the beginning."""
        return self._timer() + self._offset

    def skip_to(self, moment: float) -> None:
        """Have it be ``moment`` now, unless that is over."""
        self._offset += max(0.0, moment - self())


class ArrivingInbox(Inbox):
    """An inbox that requests come into by themselves, and that closes when all are done.

    Args:
        requests: in order of time; their places are their ids.
        limits: see ``Inbox``.
        clock: see ``Inbox``.
        scheduler: see ``Inbox``.
    """

    def __init__(
        self,
        requests: Sequence[TimedRequest],
        limits: EngineLimits,
        clock: SkippingClock,
        scheduler: Scheduler | None,
    ) -> None:
        super().__init__(limits, clock, scheduler)
        self._to_come = requests
        self._come = 0
        self._skipping = clock

    def take(self, running: Mapping[int, Waiting]) -> Orders | None:
        """See ``Inbox``; never sleeps."""
        self._receive(self._skipping())
        if not running and not self.snapshot().queued.segments:
            if self._come == len(self._to_come):
                self.close()
            else:
                at = self._to_come[self._come].at
                self._skipping.skip_to(at)
                self._receive(at)  # by the clock it may be the last bit of a number earlier
        return super().take(running)

    def _receive(self, until: float) -> None:
        """Queue what comes ``until`` then."""
        begin = self._come
        while self._come < len(self._to_come) and self._to_come[self._come].at <= until:
            self._come += 1
        if self._come > begin:
            self.offer({number: self._to_come[number].request for number in range(begin, self._come)})


def run_engine(
    requests: Sequence[TimedRequest],
    new_batch: BatchFactory,
    limits: EngineLimits,
    scheduler: Scheduler | None = None,
    clock: SkippingClock | None = None,
) -> EngineRun:
    """Let requests come, each at its time, and wait until all are done.

    Args:
        requests: in order of time.
        new_batch: makes an empty running batch.
        limits: of what runs; what waits is not limited.
        scheduler: default: the one that ``limits`` ask for.
        clock: default: a fresh one.

    Raises:
        ServiceError: a segment failed.
    """
    clock = clock or SkippingClock()
    ended: dict[int, float] = {}

    def deliver(outcomes: Sequence[Outcome]) -> None:
        now = clock()
        for number, outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome
            ended[number] = now

    inbox = ArrivingInbox(requests, limits, clock, scheduler)
    sample = requests[0].request.source
    with torch.inference_mode():
        Worker(inbox, Runner(new_batch, sample, limits), NullObserver(), deliver, clock).run()
    latencies = tuple(ended[number] - timed.at for number, timed in enumerate(requests))
    return EngineRun(latencies, clock())
