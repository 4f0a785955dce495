"""Memory of this process in front of memory that replicas share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from model.decoding.hypothesis import Translation
from service.cache.observer import CacheObserver, Lookup, Tier
from service.cache.store import LruStore, SegmentKey


class RemoteStore(Protocol):
    """Where finished segments of all replicas are kept; never raises."""

    async def fetch(self, keys: Sequence[SegmentKey]) -> dict[SegmentKey, Translation]:
        """What is remembered of ``keys``, as far as it can be had in a moment."""
        ...

    def put(self, key: SegmentKey, translation: Translation) -> None:
        """Remember ``translation`` soon; never waits."""
        ...

    async def close(self) -> None:
        """Finish what can be finished in a moment."""
        ...


class TieredStore:
    """A ``SegmentStore`` that looks in its own memory and, when told to ``recall``, in the shared one.

    Args:
        memory: of this process; what is found remotely enters it.
        remote: of all replicas, if there is one.
        observer: told what was looked up.
    """

    def __init__(self, memory: LruStore, remote: RemoteStore | None, observer: CacheObserver) -> None:
        self._memory = memory
        self._remote = remote
        self._observer = observer

    def get(self, key: SegmentKey) -> Translation | None:
        """What this process remembers."""
        return self._memory.get(key)

    def put(self, key: SegmentKey, translation: Translation) -> None:
        """Remember here and, soon, remotely."""
        self._memory.put(key, translation)
        if self._remote is not None:
            self._remote.put(key, translation)

    async def recall(self, keys: Sequence[SegmentKey]) -> None:
        """Fetch what this process does not remember."""
        missing = [key for key in keys if key not in self._memory]
        self._count(Lookup.HIT, len(keys) - len(missing))
        self._count(Lookup.MISS, len(missing))
        if self._remote is not None and missing:
            for key, translation in (await self._remote.fetch(missing)).items():
                self._memory.put(key, translation)

    def _count(self, result: Lookup, segments: int) -> None:
        if segments:
            self._observer.looked_up(Tier.MEMORY, result, segments)
