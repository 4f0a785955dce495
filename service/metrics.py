"""What is measured, under which name.

Base units, ``_total`` for counters. Labels have few values, fixed beforehand: never a raw path, an address,
a key or text. What the engine is doing at the moment is asked when Prometheus scrapes, not kept up to date.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import cache
from itertools import product

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from service.cache_metrics import CacheMetrics
from service.engine.observer import CacheResult, Stage
from service.engine.request import EngineStatus, Priority
from service.file_metrics import FileMetrics
from service.quality.flags import Flag
from service.registry import Served

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
_SLOW = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
_RATIO = tuple(tenths / 10 for tenths in range(11))

APIS = ("libretranslate", "deepl")
OUTCOMES = (
    "ok",
    "invalid",
    "forbidden",
    "too_large",
    "overloaded",
    "quota",
    "not_ready",
    "deadline",
    "failed",
    "cancelled",
)
REVIEWS = ("first", "final")
SECOND_TRIES = ("better", "no_better")
REJECTIONS = ("too_large", "queue_full", "quota", "not_ready", "draining", "deadline")


class Metrics:
    """Every metric of one service. Implements ``Observer``; may be told things by any thread.

    The series of what is told for every request or step are kept at hand: to look one up by its labels, which
    have few values, takes longer than to count.

    Attributes:
        registry: where the metrics are registered.
        cache: the metrics of the cache.

    Args:
        registry: where the metrics are registered; one of its own for each application.
        served: what is served at the moment; called when Prometheus scrapes, on the event loop's thread.
    """

    def __init__(self, registry: CollectorRegistry, served: Callable[[], Iterable[Served]]) -> None:
        self.registry = registry
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=registry)
        registry.register(_ServedCollector(served))
        self._create_http(registry)
        self._create_requests(registry)
        self._create_engine(registry)
        self._create_quality(registry)
        self.cache = CacheMetrics(registry)
        self.files = FileMetrics(registry)
        self._begin_at_zero()

    def _create_http(self, registry: CollectorRegistry) -> None:
        self._http = cache(
            Histogram(
                "http_server_request_duration_seconds",
                "From a request's first byte to the last byte of its response.",
                ("route", "method", "status"),
                buckets=_SLOW,
                registry=registry,
            ).labels
        )

    def _create_requests(self, registry: CollectorRegistry) -> None:
        self._requests = cache(
            Counter(
                "translation_requests",
                "Translation requests answered.",
                ("api", "outcome"),
                registry=registry,
            ).labels
        )
        self._rejected = Counter(
            "translation_rejected", "Translation requests refused.", ("reason",), registry=registry
        )
        self._characters = Counter(
            "translation_source_characters", "Characters of the texts translated.", registry=registry
        )
        self._confidence = Histogram(
            "translation_confidence",
            "Score of each translated text: geometric mean of its tokens' probabilities.",
            buckets=_RATIO,
            registry=registry,
        )
        self._stage = cache(
            Histogram(
                "translation_stage_seconds",
                "Time in each stage: of a request, but encode of a batch and decode of a segment.",
                ("stage",),
                buckets=_SLOW,
                registry=registry,
            ).labels
        )

    def _create_engine(self, registry: CollectorRegistry) -> None:
        self._queue = cache(
            Histogram(
                "translation_queue_seconds",
                "Time of each segment in the queue.",
                ("priority",),
                buckets=_SLOW,
                registry=registry,
            ).labels
        )
        self._step = Histogram(
            "translation_step_seconds",
            "Time of one turn of the running batch: a decoding step or several.",
            buckets=_FAST,
            registry=registry,
        )
        self._rows = cache(
            Histogram(
                "translation_batch_rows",
                "Segments in each encoded batch and in each turn.",
                ("phase",),
                buckets=_ROWS,
                registry=registry,
            ).labels
        )
        self._padding = cache(
            Histogram(
                "translation_batch_padding_ratio",
                "Share of padding in the source of each encoded batch and in each turn.",
                ("phase",),
                buckets=_RATIO,
                registry=registry,
            ).labels
        )
        self._source_tokens = Counter(
            "translation_source_tokens", "Source tokens of finished segments.", registry=registry
        )
        self._target_tokens = Counter(
            "translation_target_tokens", "Target tokens of finished segments.", registry=registry
        )
        self._cancelled = Counter(
            "translation_cancelled", "Segments nobody waited for any more.", ("stage",), registry=registry
        )
        self._expired = Counter(
            "translation_expired_segments", "Segments whose deadline passed.", ("stage",), registry=registry
        )
        self._cache = cache(
            Counter(
                "translation_cache_requests",
                "Segments asked for: remembered, new, joined while in the engine, or past the cache.",
                ("result",),
                registry=registry,
            ).labels
        )
        self._failed = Counter(
            "translation_failed_segments", "Segments that made the network fail.", registry=registry
        )

    def _create_quality(self, registry: CollectorRegistry) -> None:
        self._flags = Counter(
            "translation_flagged_segments",
            "Segments whose translation seems faulty, by fault: at first, and in what was returned.",
            ("flag", "stage"),
            registry=registry,
        )
        self._second_tries = Counter(
            "translation_second_tries",
            "Flagged segments that were decoded once more, by what came of it.",
            ("result",),
            registry=registry,
        )

    def _begin_at_zero(self) -> None:
        """Make every series whose labels are known beforehand, so that a first event is seen as a rise."""
        for priority in Priority:
            self._queue(priority.name.lower())
        for stage in Stage:
            self._cancelled.labels(stage.value)
            self._expired.labels(stage.value)
        for phase in ("encode", "decode"):
            self._rows(phase)
            self._padding(phase)
        for result in CacheResult:
            self._cache(result.value)
        for flag, stage_name in product(Flag, REVIEWS):
            self._flags.labels(flag.value, stage_name)
        for outcome in SECOND_TRIES:
            self._second_tries.labels(outcome)
        for reason in REJECTIONS:
            self._rejected.labels(reason)
        for api, outcome in product(APIS, OUTCOMES):
            self._requests(api, outcome)

    def http_answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """A response has been sent, or its client has gone (status 499)."""
        self._http(route, method, str(status)).observe(seconds)

    def request_answered(self, api: str, outcome: str, rejection: str | None) -> None:
        """A translation request has ended; ``rejection`` says why it was refused, if it was."""
        self._requests(api, outcome).inc()
        if rejection is not None:
            self._rejected.labels(rejection).inc()

    def texts_translated(self, characters: int, scores: Iterable[float]) -> None:
        """Texts of so many characters have been translated; ``scores`` of those that needed it."""
        self._characters.inc(characters)
        for score in scores:
            self._confidence.observe(score)

    def segment_reviewed(self, first: Iterable[str], final: Iterable[str], *, second_try: str | None) -> None:
        """A segment's translation had the flags ``first``; what was returned has ``final``.

        Args:
            first: values of ``Flag``.
            final: likewise; the same where there was no second try, or it was no better.
            second_try: one of ``SECOND_TRIES``; None where there was none.
        """
        for stage, flags in zip(REVIEWS, (first, final), strict=True):
            for flag in flags:
                self._flags.labels(flag, stage).inc()
        if second_try is not None:
            self._second_tries.labels(second_try).inc()

    def stage(self, name: str) -> AbstractContextManager[None]:
        """Times a stage of a request, unless it fails."""
        return _Timed(self._stage(name))

    def batch_encoded(self, rows: int, padding_ratio: float, seconds: float) -> None:
        """See ``Observer``."""
        self._rows("encode").observe(rows)
        self._padding("encode").observe(padding_ratio)
        self._stage("encode").observe(seconds)

    def step_done(self, rows: int, padding_ratio: float, seconds: float) -> None:
        """See ``Observer``."""
        self._rows("decode").observe(rows)
        self._padding("decode").observe(padding_ratio)
        self._step.observe(seconds)

    def segment_started(self, priority: Priority, queue_seconds: float) -> None:
        """See ``Observer``."""
        self._queue(priority.name.lower()).observe(queue_seconds)

    def segment_finished(self, source_tokens: int, target_tokens: int, decode_seconds: float) -> None:
        """See ``Observer``."""
        self._source_tokens.inc(source_tokens)
        self._target_tokens.inc(target_tokens)
        self._stage("decode").observe(decode_seconds)

    def segment_failed(self) -> None:
        """See ``Observer``."""
        self._failed.inc()

    def segment_expired(self, stage: Stage) -> None:
        """See ``Observer``."""
        self._expired.labels(stage.value).inc()

    def segment_cancelled(self, stage: Stage) -> None:
        """See ``Observer``."""
        self._cancelled.labels(stage.value).inc()

    def cache_asked(self, result: CacheResult, segments: int) -> None:
        """See ``Observer``."""
        self._cache(result.value).inc(segments)


class _Timed(AbstractContextManager[None]):
    """Observes the seconds that what is done within takes."""

    def __init__(self, histogram: Histogram) -> None:
        self._histogram = histogram

    def __enter__(self) -> None:
        self._begin = time.perf_counter()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._histogram.observe(time.perf_counter() - self._begin)


class _ServedCollector(Collector):
    """Gauges of the engines and facts about the checkpoints, as they are when asked."""

    def __init__(self, served: Callable[[], Iterable[Served]]) -> None:
        self._served = served

    def describe(self) -> Iterable[Metric]:
        """Nothing: what is served is not yet known when this is registered."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """One sample for each engine's sum, one for each checkpoint."""
        served = list(self._served())
        statuses = [one.engine.status() for one in served]
        yield from _queue_gauges(statuses)
        yield from _checkpoint_gauges(served, statuses)


def _queue_gauges(statuses: list[EngineStatus]) -> Iterator[Metric]:
    segments = sum(status.queue_segments for status in statuses)
    tokens = sum(status.queue_tokens for status in statuses)
    oldest = max((status.queue_oldest_seconds for status in statuses), default=0.0)
    running = sum(status.running_segments for status in statuses)
    yield GaugeMetricFamily("translation_queue_segments", "Segments waiting.", segments)
    yield GaugeMetricFamily("translation_queue_tokens", "Source tokens waiting.", tokens)
    yield GaugeMetricFamily("translation_queue_oldest_seconds", "Wait of the oldest segment.", oldest)
    yield GaugeMetricFamily("translation_running_segments", "Segments being decoded.", running)


def _checkpoint_gauges(served: list[Served], statuses: list[EngineStatus]) -> Iterator[Metric]:
    labels = ("checkpoint", "digest")
    info = GaugeMetricFamily(
        "translation_model_info", "A loaded checkpoint; always 1.", labels=(*labels, "directions")
    )
    ready = GaugeMetricFamily(
        "translation_model_ready", "Whether the checkpoint's engine takes work.", labels=labels
    )
    load = GaugeMetricFamily("translation_model_load_seconds", "Time to load and warm up.", labels=labels)
    for one, status in zip(served, statuses, strict=True):
        directions = ",".join(f"{source}>{target}" for source, target in one.directions)
        info.add_metric((one.name, one.digest, directions), 1.0)
        ready.add_metric((one.name, one.digest), float(status.ready))
        load.add_metric((one.name, one.digest), one.load_seconds)
    yield from (info, ready, load)
