"""Finished segments in Redis, where the replicas of a service find one another's."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from typing import Any, TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from model.decoding.hypothesis import Translation
from service.cache.codec import MAX_VALUE_BYTES, Codec, DamagedValue
from service.cache.observer import CacheObserver, Lookup, Tier, Write
from service.cache.outage import Outage
from service.cache.store import SegmentKey

logger = logging.getLogger(__name__)

MAX_CONNECTIONS = 16
MAX_WAITING = 4096
"""Segments that wait to be written; what comes on top is not written."""
CHUNK = 64
"""Segments in one request to Redis: some milliseconds of work for this process, between which others run."""

Item = TypeVar("Item")


class RedisStore:
    """A ``RemoteStore`` in Redis; used on the event loop's thread.

    Whatever goes wrong with Redis costs time, at most ``timeout_seconds`` once for each pause of ``Outage``,
    and never an answer: nothing here raises. One line is logged when Redis stops answering and one when it
    answers again; neither holds anything of a request.

    Args:
        url: ``redis://``, ``rediss://`` or ``unix://``, as redis-py takes it.
        codec: makes names and values.
        ttl_seconds: after which Redis forgets a segment.
        timeout_seconds: for every request to Redis, connecting included.
        observer: told what happens.
        outage: decides whether to ask.
    """

    def __init__(
        self,
        url: str,
        codec: Codec,
        ttl_seconds: int,
        timeout_seconds: float,
        observer: CacheObserver,
        outage: Outage | None = None,
    ) -> None:
        self._pool = BlockingConnectionPool.from_url(
            url,
            max_connections=MAX_CONNECTIONS,
            timeout=timeout_seconds,
            socket_timeout=timeout_seconds,
            socket_connect_timeout=timeout_seconds,
            retry=Retry(NoBackoff(), 0),  # ``Outage`` decides when to try again
        )
        self._redis = Redis(connection_pool=self._pool)
        self._codec = codec
        self._ttl_seconds = ttl_seconds
        self._timeout_seconds = timeout_seconds
        self._observer = observer
        self._outage = outage or Outage(time.monotonic)
        self._waiting: dict[bytes, bytes] = {}
        self._writer: asyncio.Task[None] | None = None

    async def fetch(self, keys: Sequence[SegmentKey]) -> dict[SegmentKey, Translation]:
        """What is remembered of ``keys``, as far as Redis says so in time."""
        found: dict[SegmentKey, Translation] = {}
        for chunk in _chunks(keys, CHUNK):
            found |= await self._fetch(chunk)
        return found

    def put(self, key: SegmentKey, translation: Translation) -> None:
        """Remember ``translation`` soon, if Redis takes it."""
        name = self._codec.name(key)
        value = self._codec.encode(name, translation)
        if self._outage.is_on or len(self._waiting) >= MAX_WAITING or len(value) > MAX_VALUE_BYTES:
            self._observer.written(Write.SKIPPED, 1)
            return
        self._waiting[name] = value
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())

    async def close(self) -> None:
        """Write what waits, for at most ``timeout_seconds``, and close the connections."""
        if self._writer is not None and not self._writer.done():
            await asyncio.wait([self._writer], timeout=self._timeout_seconds)
            self._writer.cancel()
        async with self._attempt():
            await self._redis.aclose()
            await self._pool.disconnect()

    async def _fetch(self, keys: Sequence[SegmentKey]) -> dict[SegmentKey, Translation]:
        if not self._outage.allows():
            self._observer.looked_up(Tier.REDIS, Lookup.SKIPPED, len(keys))
            return {}
        names = [self._codec.name(key) for key in keys]
        values: list[Any] = []
        async with self._attempt():
            values = await self._redis.mget(names)
        if not values:
            self._observer.looked_up(Tier.REDIS, Lookup.ERROR, len(keys))
            return {}
        return self._read(keys, names, values)

    def _read(
        self, keys: Sequence[SegmentKey], names: Sequence[bytes], values: Sequence[Any]
    ) -> dict[SegmentKey, Translation]:
        found: dict[SegmentKey, Translation] = {}
        counts = dict.fromkeys(Lookup, 0)
        for key, name, value in zip(keys, names, values, strict=False):
            if value is None:
                counts[Lookup.MISS] += 1
                continue
            try:
                found[key] = self._codec.decode(name, bytes(value))
                counts[Lookup.HIT] += 1
            except (DamagedValue, TypeError):
                counts[Lookup.ERROR] += 1
        for result, segments in counts.items():
            if segments:
                self._observer.looked_up(Tier.REDIS, result, segments)
        return found

    async def _write(self) -> None:
        """The one task that writes, until nothing waits."""
        while self._waiting:
            batch = {name: self._waiting.pop(name) for name in list(islice(self._waiting, CHUNK))}
            written = False
            async with self._attempt():
                pipeline = self._redis.pipeline(transaction=False)
                for name, value in batch.items():
                    pipeline.set(name, value, ex=self._ttl_seconds)
                await pipeline.execute()
                written = True
            self._observer.written(Write.STORED if written else Write.ERROR, len(batch))
            if not written:
                self._drop_waiting()

    def _drop_waiting(self) -> None:
        if self._waiting:
            self._observer.written(Write.SKIPPED, len(self._waiting))
            self._waiting.clear()

    @asynccontextmanager
    async def _attempt(self) -> AsyncIterator[None]:
        """Ask Redis within; what goes wrong ends here, and is noted."""
        begin = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout_seconds):
                yield
        except Exception as error:  # a cache that raises, whatever it is, would cost answers
            if self._outage.failed():
                self._observer.outage(True)
                kind = type(error).__name__
                logger.warning("Redis does not answer (%s): translating without the shared cache", kind)
        else:
            self._observer.redis_answered(time.perf_counter() - begin)
            if (lasted := self._outage.answered()) is not None:
                self._observer.outage(False)
                logger.info("Redis answers again, after %.1f s: the shared cache is back", lasted)


def _chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    remaining = iter(items)
    while chunk := list(islice(remaining, size)):
        yield chunk
