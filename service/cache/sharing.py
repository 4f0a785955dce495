"""The engine with a memory: what is asked for twice is decoded once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Sequence

from model.decoding.hypothesis import Translation
from service.cache.flight import Flight, Tower
from service.cache.grace import NO_GRACE, Deserted, Grace
from service.cache.store import SegmentKey, SegmentStore
from service.engine.observer import CacheResult, Observer
from service.engine.request import (
    EngineStatus,
    SegmentRequest,
    SegmentResult,
    SharableEngine,
    SharableTicket,
    Ticket,
)
from service.engine.ticket import FutureTicket
from service.errors import Overloaded


class SharingEngine:
    """An ``EngineLike`` in front of another one; used on the event loop's thread.

    A segment that has been decoded is answered from ``store``; one that is being decoded is joined (see
    ``Flight``); the others enter the engine, all of them or none. The same segment is therefore never in
    the engine twice. Errors are told to all who wait and then forgotten.

    Args:
        engine: decodes.
        digest: of the checkpoint that it decodes with.
        store: of finished segments, which engines may share; None turns both it and the joining off.
        observer: told what became of each segment that was accepted.
        clock: monotonic seconds, the clock of ``SegmentRequest.deadline``.
        grace: how long what nobody waits for any more is kept in the engine; by default not at all.
    """

    def __init__(
        self,
        engine: SharableEngine,
        digest: str,
        store: SegmentStore | None,
        observer: Observer,
        clock: Callable[[], float] = time.monotonic,
        grace: Grace = NO_GRACE,
    ) -> None:
        self._engine = engine
        self._digest = digest
        self._store = store
        self._observer = observer
        self._flights: dict[SegmentKey, Flight] = {}
        self._deserted = Deserted(grace, clock)
        self._tower = Tower(self._submit_one, self._keep, self._close, self._deserted.add, clock)

    async def recall(self, requests: Sequence[SegmentRequest]) -> None:
        """Have ``submit`` know what another process remembers; see ``SegmentStore.recall``."""
        if self._store is not None:
            keys = dict.fromkeys(SegmentKey.of(self._digest, request) for request in requests)
            await self._store.recall([key for key in keys if key not in self._flights])

    def submit(self, requests: list[SegmentRequest]) -> Sequence[Ticket]:
        """Accept all of ``requests`` or none; one ticket each, in order.

        The engine is asked even if nothing is left for it to decode: where it takes no work, because it
        drains or has died, nothing is answered.

        Raises:
            Overloaded, TextTooLarge: the queue has no room for those that must be decoded.
            NotReady: as the engine says.
        """
        if self._store is None:
            tickets = self._engine.submit(requests)
            self._count(CacheResult.BYPASS, len(tickets))
            return tickets
        keys = [SegmentKey.of(self._digest, request) for request in requests]
        found = {key: translation for key in keys if (translation := self._store.get(key)) is not None}
        new: dict[SegmentKey, SegmentRequest] = {}
        for key, request in zip(keys, requests, strict=True):
            if key not in found and key not in self._flights:
                new.setdefault(key, request)
        joined = {self._flights[key] for key in keys if key in self._flights}
        self._launch(new, joined)
        self._count(CacheResult.MISS, len(new))
        hits = sum(key in found for key in keys)
        self._count(CacheResult.HIT, hits)
        self._count(CacheResult.COALESCED, len(keys) - hits - len(new))
        return [
            _finished(found[key]) if key in found else self._join(key, request)
            for key, request in zip(keys, requests, strict=True)
        ]

    def status(self) -> EngineStatus:
        """The engine's."""
        return self._engine.status()

    async def start(self) -> None:
        """Start the engine."""
        await self._engine.start()

    async def drain(self, timeout_seconds: float) -> bool:
        """Drain the engine; whatever it finishes reaches all who share it."""
        self._deserted.end_all()
        return await self._engine.drain(timeout_seconds)

    def _join(self, key: SegmentKey, request: SegmentRequest) -> Ticket:
        flight = self._flights[key]
        self._deserted.remove(flight)
        return flight.join(request)

    def _launch(self, new: dict[SegmentKey, SegmentRequest], joined: Collection[Flight]) -> None:
        tickets = self._enter(list(new.values()), joined)
        for (key, request), ticket in zip(new.items(), tickets, strict=True):
            self._flights[key] = Flight(key, request, ticket, self._tower)

    def _enter(self, requests: list[SegmentRequest], joined: Collection[Flight]) -> Sequence[SharableTicket]:
        """Submit to the engine; if there is no room, what nobody waits for or now will makes some."""
        try:
            return self._engine.submit(requests)
        except Overloaded:
            if not self._deserted.end_all(spared=joined):
                raise
            return self._engine.submit(requests)

    def _keep(self, key: SegmentKey, result: SegmentResult) -> None:
        if self._store is not None:
            self._store.put(key, result.translation)

    def _close(self, flight: Flight) -> None:
        self._deserted.remove(flight)
        # If it is not there it was deserted, and another one for the same key may have begun since.
        if self._flights.get(flight.key) is flight:
            del self._flights[flight.key]

    def _submit_one(self, request: SegmentRequest) -> SharableTicket:
        (ticket,) = self._engine.submit([request])
        return ticket

    def _count(self, result: CacheResult, segments: int) -> None:
        if segments:
            self._observer.cache_asked(result, segments)


def _finished(translation: Translation) -> FutureTicket:
    future: asyncio.Future[SegmentResult] = asyncio.get_running_loop().create_future()
    future.set_result(SegmentResult(translation, queue_seconds=0.0, decode_seconds=0.0))
    return FutureTicket(future, lambda: None)
