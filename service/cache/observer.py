"""What the cache tells whoever measures it, beside ``service.engine.observer``."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol


class Tier(StrEnum):
    """Where a segment is looked up: in this process, then in Redis."""

    MEMORY = "memory"
    REDIS = "redis"


class Lookup(StrEnum):
    """What became of it: found, not there, no usable answer, or not asked because of an outage."""

    HIT = "hit"
    MISS = "miss"
    ERROR = "error"
    SKIPPED = "skipped"


class Write(StrEnum):
    """What became of a segment that was to be remembered in Redis; skipped: outage, or too many waited."""

    STORED = "stored"
    ERROR = "error"
    SKIPPED = "skipped"


class CacheObserver(Protocol):
    """Told of what happens in the cache; every method is called on the event loop's thread."""

    def looked_up(self, tier: Tier, result: Lookup, segments: int) -> None:
        """So many segments, at least 1, were looked up."""
        ...

    def written(self, result: Write, segments: int) -> None:
        """So many segments, at least 1, were to be remembered in Redis."""
        ...

    def redis_answered(self, seconds: float) -> None:
        """Redis has answered a request, after so long."""
        ...

    def outage(self, is_on: bool) -> None:
        """Redis has stopped answering, or answers again."""
        ...


class NullCacheObserver:
    """A ``CacheObserver`` that does not look."""

    def looked_up(self, tier: Tier, result: Lookup, segments: int) -> None:
        """Ignored."""

    def written(self, result: Write, segments: int) -> None:
        """Ignored."""

    def redis_answered(self, seconds: float) -> None:
        """Ignored."""

    def outage(self, is_on: bool) -> None:
        """Ignored."""
