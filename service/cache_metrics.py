"""What is measured about looking up and remembering segments; see ``service.metrics``."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from service.cache.observer import Lookup, Tier, Write

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)


class CacheMetrics:
    """A ``CacheObserver`` that counts for Prometheus."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lookups = Counter(
            "translation_cache_lookups",
            "Segments looked up, in memory and, where they were not there, in Redis.",
            ("tier", "result"),
            registry=registry,
        )
        self._writes = Counter(
            "translation_cache_writes",
            "Finished segments that were to be kept in Redis.",
            ("result",),
            registry=registry,
        )
        self._redis = Histogram(
            "translation_cache_redis_seconds",
            "Time of each request that Redis answered.",
            buckets=_SECONDS,
            registry=registry,
        )
        self._outage = Gauge(
            "translation_cache_redis_outage",
            "1 while Redis does not answer and segments are translated without it.",
            registry=registry,
        )
        for result in (Lookup.HIT, Lookup.MISS):
            self._lookups.labels(Tier.MEMORY.value, result.value)
        for result in Lookup:
            self._lookups.labels(Tier.REDIS.value, result.value)
        for outcome in Write:
            self._writes.labels(outcome.value)

    def looked_up(self, tier: Tier, result: Lookup, segments: int) -> None:
        """See ``CacheObserver``."""
        self._lookups.labels(tier.value, result.value).inc(segments)

    def written(self, result: Write, segments: int) -> None:
        """See ``CacheObserver``."""
        self._writes.labels(result.value).inc(segments)

    def redis_answered(self, seconds: float) -> None:
        """See ``CacheObserver``."""
        self._redis.observe(seconds)

    def outage(self, is_on: bool) -> None:
        """See ``CacheObserver``."""
        self._outage.set(float(is_on))
