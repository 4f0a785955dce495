"""Three ways to batch around one network, by processor time and without servers."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from benchmarks.arrivals import poisson_times
from benchmarks.collecting import Collecting, Translate, run_collecting
from benchmarks.command import Say
from benchmarks.errors import BenchmarkError
from benchmarks.request_level import RequestLevel
from benchmarks.scheduling_results import BulkCell, EngineResults, LitServeTrial, LoadCell, Saturation
from benchmarks.steady_timer import SteadyTimer
from benchmarks.summary import Latency, Spread
from benchmarks.virtual_time import MAX_QUEUED, EngineRun, SkippingClock, TimedRequest, run_engine
from model.config import DecodingOptions
from service.engine.limits import EngineLimits
from service.engine.request import Priority, SegmentRequest
from service.engine.runner import BatchFactory

OURS, REQUEST_LEVEL, LITSERVE = "this engine", "request-level batches", "LitServe's batching"
ONE_BY_ONE = "one by one, computed"
LOADS = (0.2, 0.5, 0.8, 0.95, 1.2)
SHORT_TOKENS = 12
INTERACTIVE_LOAD = 0.1
"""Of the capacity, in requests, beside a bulk job; they are short, so it is less of the work."""
TRIAL_SIZES, TRIAL_TIMEOUTS = (8, 16, 64), (0.002, 0.01)
TRIAL_LOAD = 0.8
TRIAL_SHARE = 2
"""A trial has one in so many of the requests."""

Batching = Callable[[Sequence[TimedRequest]], EngineRun]


@dataclass(frozen=True, slots=True)
class Workload:
    """What is sent.

    Attributes:
        sources: token ids of the texts.
        options: how all are decoded.
        requests: in a round of each load.
        bulk_sentences: in a bulk job.
        rounds: how often everything is measured.
        seed: of the random numbers.
    """

    sources: Sequence[tuple[int, ...]]
    options: DecodingOptions
    requests: int
    bulk_sentences: int
    rounds: int
    seed: int

    def smaller(self, share: int) -> Workload:
        """With one in ``share`` of the requests."""
        return replace(self, requests=max(1, self.requests // share))

    def at_once(self) -> list[TimedRequest]:
        """All at the start."""
        return [TimedRequest(0.0, self._request(source)) for source in self._draw("at once", self.requests)]

    def at_rate(self, rate: float, number: int = 0) -> list[TimedRequest]:
        """A Poisson process; another one for another ``number``."""
        times = poisson_times(rate, self.requests / rate, self.seed + number)
        sources = self._draw(f"at rate {number}", len(times))
        return [TimedRequest(at, self._request(source)) for at, source in zip(times, sources, strict=True)]

    def short_at_rate(self, rate: float) -> list[TimedRequest]:
        """A Poisson process of short ones."""
        return [each for each in self.at_rate(rate) if len(each.request.source) <= SHORT_TOKENS]

    def bulk(self) -> list[TimedRequest]:
        """A job, all of it at the start."""
        sources = self._draw("bulk", self.bulk_sentences)
        return [TimedRequest(0.0, self._request(source, Priority.BULK)) for source in sources]

    def _draw(self, what: str, number: int) -> list[tuple[int, ...]]:
        return random.Random(f"{what} {self.seed}").choices(self.sources, k=number)

    def _request(self, source: tuple[int, ...], priority: Priority = Priority.INTERACTIVE) -> SegmentRequest:
        return SegmentRequest(source, self.options, priority)


class EngineComparison:
    """Measures every way to batch with the same requests.

    Args:
        workload: the requests.
        new_batch: makes an empty running batch over the network.
        translate: decodes a list of segments by the same network.
        rows: most segments that run at once, or are in a batch.
        kernel_threads: of the int8 kernels, or None where something else decodes.
        say: told what has been measured.
    """

    def __init__(
        self,
        workload: Workload,
        new_batch: BatchFactory,
        translate: Translate,
        rows: int,
        kernel_threads: int | None,
        say: Say,
    ) -> None:
        self._workload = workload
        self._new_batch = new_batch
        self._translate = translate
        self._say = say
        self._plain = EngineLimits(
            max_queue_segments=MAX_QUEUED,
            max_queue_tokens=MAX_QUEUED * 1000,
            max_running_rows=rows,
            bulk_apart=True,
        )
        self._limits = self._plain.with_kernels(kernel_threads) if kernel_threads else self._plain
        self._timer: Callable[[], float] = time.thread_time
        self._engine(workload.at_once()[:rows])  # buffers are made ready
        typical = sorted(workload.sources, key=len)[len(workload.sources) // 2]
        self._timer = SteadyTimer(partial(translate, [SegmentRequest(typical, workload.options)]))
        self._costs = {source: self._cost(source) for source in workload.sources}

    def try_litserve(self) -> tuple[LitServeTrial, ...]:
        """Its settings, tried."""
        workload = self._workload.smaller(TRIAL_SHARE)
        at_once = workload.at_once()
        busy = workload.at_rate(TRIAL_LOAD * _rate(self._engine(at_once)))
        trials = []
        for size, timeout in itertools.product(TRIAL_SIZES, TRIAL_TIMEOUTS):
            batching = partial(self._collecting, rule=Collecting(size, timeout))
            trials.append(
                LitServeTrial(
                    max_batch_size=size,
                    batch_timeout=timeout,
                    sentences_per_second=_rate(batching(at_once)),
                    busy=_latency(batching(busy).latencies),
                )
            )
            rate = trials[-1].sentences_per_second
            self._say(f"LitServe's batching, {size} within {1000 * timeout:g} ms: {rate:.1f} sentences/s")
        return tuple(trials)

    def measure(self, rule: Collecting) -> EngineResults:
        """Everything, with LitServe's chosen settings."""
        ways: dict[str, Batching] = {
            OURS: self._engine,
            REQUEST_LEVEL: self._request_level,
            LITSERVE: partial(self._collecting, rule=rule),
            ONE_BY_ONE: self._one_by_one,
        }
        saturation = self._saturation(ways)
        capacity = saturation[0].sentences_per_second.median
        interactive = self._workload.short_at_rate(INTERACTIVE_LOAD * capacity)
        return EngineResults(
            requests=self._workload.requests,
            short_tokens=SHORT_TOKENS,
            capacity=capacity,
            saturation=saturation,
            loads=tuple(cell for load in LOADS for cell in self._load(ways, load, capacity)),
            interactive_per_second=len(interactive) / interactive[-1].at,
            bulk_sentences=self._workload.bulk_sentences,
            bulk=self._bulk(ways, interactive),
        )

    def _saturation(self, ways: dict[str, Batching]) -> tuple[Saturation, ...]:
        """Interleaved rounds, so that a slow moment falls on all."""
        requests = self._workload.at_once()
        rates: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(self._workload.rounds):
            for name, way in ways.items():
                rates[name].append(_rate(way(requests)))
        for name, measured in rates.items():
            self._say(f"{name}, all at once: {Spread.of(measured).median:.1f} sentences/s")
        return tuple(
            Saturation(
                batching=name,
                sentences_per_second=Spread.of(rates[name]),
                ratio=Spread.of([ours / own for ours, own in zip(rates[OURS], rates[name], strict=True)]),
            )
            for name in ways
        )

    def _load(self, ways: dict[str, Batching], load: float, capacity: float) -> list[LoadCell]:
        """Interleaved rounds, each with arrivals of its own, the same for all."""
        waits: dict[str, list[float]] = {name: [] for name in ways}
        short: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(self._workload.rounds):
            requests = self._workload.at_rate(load * capacity, number)
            for name, way in ways.items():
                latencies = way(requests).latencies
                waits[name] += latencies
                short[name] += _of_short(requests, latencies)
        cells = [
            LoadCell(batching=name, load=load, latency=_latency(waits[name]), short=_latency(short[name]))
            for name in ways
        ]
        for cell in cells:
            shown = f"p99 {cell.latency.p99_ms:.0f} ms, of short ones {cell.short.p99_ms:.0f} ms"
            self._say(f"{cell.batching} at {load:.0%}: {shown}")
        return cells

    def _bulk(self, ways: dict[str, Batching], interactive: Sequence[TimedRequest]) -> tuple[BulkCell, ...]:
        """Interleaved rounds, each of which has every way alone and beside a bulk job."""
        both = sorted([*interactive, *self._workload.bulk()], key=lambda timed: timed.at)
        alone: dict[str, list[float]] = {name: [] for name in ways}
        beside: dict[str, list[float]] = {name: [] for name in ways}
        done: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(self._workload.rounds):
            for name, way in ways.items():
                alone[name] += way(interactive).latencies
                seconds, waits = _beside(both, way(both).latencies)
                done[name].append(seconds)
                beside[name] += waits
        cells = tuple(
            BulkCell(
                batching=name,
                alone=_latency(alone[name]),
                beside=_latency(beside[name]),
                bulk_seconds=Spread.of(done[name]),
            )
            for name in ways
        )
        for cell in cells:
            waits_of = f"p99 {cell.beside.p99_ms:.1f} ms beside a bulk job, {cell.alone.p99_ms:.1f} ms alone"
            self._say(f"{cell.batching}: {waits_of}")
        return cells

    def _engine(self, requests: Sequence[TimedRequest]) -> EngineRun:
        return run_engine(requests, self._new_batch, self._limits, clock=self._clock())

    def _request_level(self, requests: Sequence[TimedRequest]) -> EngineRun:
        scheduler = RequestLevel(self._plain)
        return run_engine(requests, self._new_batch, self._plain, scheduler, self._clock())

    def _collecting(self, requests: Sequence[TimedRequest], rule: Collecting) -> EngineRun:
        return run_collecting(requests, self._translate, rule, self._clock())

    def _one_by_one(self, requests: Sequence[TimedRequest]) -> EngineRun:
        """First come, first served, each alone, where nothing but decoding costs anything."""
        now, latencies = 0.0, list[float]()
        for timed in requests:
            now = max(now, timed.at) + self._costs[tuple(timed.request.source)]
            latencies.append(now - timed.at)
        return EngineRun(tuple(latencies), now)

    def _cost(self, source: tuple[int, ...]) -> float:
        """Seconds of decoding ``source`` alone."""
        clock = self._clock()
        self._translate([SegmentRequest(source, self._workload.options)])
        return clock()

    def _clock(self) -> SkippingClock:
        return SkippingClock(self._timer)


def _of_short(requests: Sequence[TimedRequest], latencies: Sequence[float]) -> list[float]:
    pairs = zip(requests, latencies, strict=True)
    return [wait for timed, wait in pairs if len(timed.request.source) <= SHORT_TOKENS]


def _beside(requests: Sequence[TimedRequest], latencies: Sequence[float]) -> tuple[float, list[float]]:
    """When the bulk job was done, and how long the interactive requests waited that came before."""
    pairs = list(zip(requests, latencies, strict=True))
    done = max(wait for timed, wait in pairs if timed.request.priority is Priority.BULK)
    waits = [
        wait for timed, wait in pairs if timed.request.priority is Priority.INTERACTIVE and timed.at < done
    ]
    return done, waits


def _rate(run: EngineRun) -> float:
    return len(run.latencies) / run.seconds


def _latency(seconds: Sequence[float]) -> Latency:
    """Their distribution.

    Raises:
        BenchmarkError: there are none: no interactive request came before the bulk job was done.
    """
    latency = Latency.of(seconds)
    if latency is None:
        raise BenchmarkError("the bulk job was done before an interactive request came: --bulk is too small")
    return latency
