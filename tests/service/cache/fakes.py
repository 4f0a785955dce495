"""An engine that ends segments when told to, and notes what it was asked."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from service.engine.observer import CacheResult, NullObserver
from service.engine.request import EngineStatus, Priority, SegmentRequest, SegmentResult
from service.engine.ticket import EngineTicket
from service.errors import Overloaded, ServiceError
from tests.service.fakes import IDLE, echo


@dataclass(eq=False)
class Work:
    """A segment in the engine.

    Attributes:
        request: as it was submitted.
        future: its end.
        shared: the priorities and deadlines that it was given later.
    """

    request: SegmentRequest
    future: asyncio.Future[SegmentResult]
    shared: list[tuple[Priority, float | None]] = field(default_factory=list)

    def share(self, priority: Priority, deadline: float | None) -> None:
        self.shared.append((priority, deadline))

    def cancel(self) -> None:
        self.future.cancel()

    @property
    def deadline(self) -> float | None:
        return self.shared[-1][1] if self.shared else self.request.deadline

    def finish(self) -> None:
        self.future.set_result(SegmentResult(echo(self.request), queue_seconds=0.5, decode_seconds=1.5))

    def fail(self, error: ServiceError) -> None:
        self.future.set_exception(error)


@dataclass
class ManualEngine:
    """Implements ``SharableEngine``.

    Attributes:
        room: open segments that it takes.
        refusal: raised by ``submit``, if given.
        works: all it ever took, in order.
    """

    room: int = 1000
    refusal: ServiceError | None = None
    works: list[Work] = field(default_factory=list)

    @property
    def open(self) -> list[Work]:
        return [work for work in self.works if not work.future.done()]

    async def recall(self, requests: Sequence[SegmentRequest]) -> None:
        pass

    def submit(self, requests: list[SegmentRequest]) -> Sequence[EngineTicket]:
        if self.refusal is not None:
            raise self.refusal
        if len(self.open) + len(requests) > self.room:
            raise Overloaded("full")
        return [self._ticket(request) for request in requests]

    def _ticket(self, request: SegmentRequest) -> EngineTicket:
        work = Work(request, asyncio.get_running_loop().create_future())
        self.works.append(work)
        return EngineTicket(work.future, work.cancel, work.share)

    def status(self) -> EngineStatus:
        return IDLE

    async def start(self) -> None:
        pass

    async def drain(self, timeout_seconds: float) -> bool:
        return not self.open


@dataclass
class Tally(NullObserver):
    """Counts what the cache was asked."""

    counts: Counter[CacheResult] = field(default_factory=Counter)

    def cache_asked(self, result: CacheResult, segments: int) -> None:
        self.counts[result] += segments
