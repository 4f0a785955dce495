"""What is measured about files."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from service.files.formats import FORMATS

OUTCOMES = ("ok", "failed", "cancelled")
STATES = ("queued", "translating", "done", "error")

_SECONDS = (0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 1800.0, 3600.0)


class FileMetrics:
    """Metrics of the files of one service.

    Args:
        registry: where they are registered.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._ended = Counter(
            "translation_files", "Files translated, or not.", ("format", "outcome"), registry=registry
        )
        self._seconds = Histogram(
            "translation_file_seconds",
            "Time to translate a file, without its wait for others.",
            buckets=_SECONDS,
            registry=registry,
        )
        self._kept = Gauge("translation_kept_files", "Files that are kept.", ("state",), registry=registry)
        for kind, outcome in product(FORMATS, OUTCOMES):  # so that a first event is seen as a rise
            self._ended.labels(kind.name, outcome)

    def ended(self, kind: str, outcome: str, seconds: float) -> None:
        """A file of a format has been translated, or not, in so much time."""
        self._ended.labels(kind, outcome).inc()
        self._seconds.observe(seconds)

    def watch(self, count: Callable[[str], int]) -> None:
        """Have ``count`` called with each of ``STATES`` when Prometheus scrapes."""
        for state in STATES:
            self._kept.labels(state).set_function(partial(count, state))
