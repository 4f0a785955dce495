"""Load tests of one service: the loops, with the service's metrics read before and after."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from benchmarks.arrivals import TextSource, schedule
from benchmarks.client import check_ready, connect, read_metrics
from benchmarks.load_results import ClosedLoopResult, OpenLoopResult, summarize_closed, summarize_open
from benchmarks.loops import closed_loop, open_loop
from benchmarks.record import CheckpointIdentity
from benchmarks.scrape import ServiceReport, compare, read_checkpoint, read_counters

OPEN_METHOD = (
    "Open loop: requests arrive as a seeded Poisson process and are sent at their time, whatever became of "
    "the earlier ones; latency counts from the intended arrival, waiting for one of `connections` "
    "connections included. Requests that arrive in the warm-up are sent but not counted."
)
CLOSED_METHOD = (
    "Closed loop: each client sends a request as soon as its last one was answered; counted is what ends "
    "after the warm-up and before the measured time is over."
)


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """What is sent where, and for how long.

    Attributes:
        url: the service, such as ``http://127.0.0.1:8000``.
        source, target: languages.
        sentences: texts are drawn from these.
        texts_per_request: how many in a request.
        seconds: measured time of a run.
        warmup_seconds: before it.
        deadline_seconds: what counts as goodput.
        timeout_seconds: after which a request is given up.
        connections: most connections of an open loop.
        seed: of arrival times and texts.
    """

    url: str
    source: str
    target: str
    sentences: Sequence[str]
    texts_per_request: int = 1
    seconds: float = 30.0
    warmup_seconds: float = 3.0
    deadline_seconds: float = 1.0
    timeout_seconds: float = 30.0
    connections: int = 256
    seed: int = 1

    @property
    def texts(self) -> TextSource:
        """A fresh source of texts; the same texts each time."""
        return TextSource(self.sentences, self.texts_per_request, self.seed)


class Watch:
    """What a run cost the generator, and what it made the service do; read it once the run is over."""

    cpu_share: float = 0.0
    service: ServiceReport | None = None


async def measure_open(options: LoadOptions, rate: float) -> OpenLoopResult:
    """Send requests at ``rate`` a second.

    Raises:
        BenchmarkError: that makes too many requests, or the service does not take any.
    """
    total_seconds = options.warmup_seconds + options.seconds
    arrivals = schedule(rate, total_seconds, options.seed, options.texts)
    async with (
        connect(options.url, options.source, options.target, options.connections) as client,
        watched(options.url) as watch,
    ):
        outcomes = await open_loop(client.send, arrivals, timeout_seconds=options.timeout_seconds)
    return summarize_open(
        outcomes,
        rate=rate,
        warmup_seconds=options.warmup_seconds,
        seconds=options.seconds,
        deadline_seconds=options.deadline_seconds,
        cpu_share=watch.cpu_share,
        service=watch.service,
    )


async def measure_closed(options: LoadOptions, concurrency: int) -> ClosedLoopResult:
    """Keep ``concurrency`` clients busy.

    Raises:
        BenchmarkError: the service does not take requests.
    """
    async with (
        connect(options.url, options.source, options.target, concurrency) as client,
        watched(options.url) as watch,
    ):
        outcomes = await closed_loop(
            client.send,
            options.texts,
            concurrency=concurrency,
            seconds=options.warmup_seconds + options.seconds,
            timeout_seconds=options.timeout_seconds,
        )
    return summarize_closed(
        outcomes,
        concurrency=concurrency,
        texts_per_request=options.texts_per_request,
        warmup_seconds=options.warmup_seconds,
        seconds=options.seconds,
        cpu_share=watch.cpu_share,
        service=watch.service,
    )


async def find_checkpoint(url: str) -> CheckpointIdentity | None:
    """Which checkpoint the service runs; None where it does not say, or runs several.

    Raises:
        BenchmarkError: the service does not take requests, or its metrics cannot be read.
    """
    await check_ready(url)
    return read_checkpoint(await read_metrics(url))


@asynccontextmanager
async def watched(url: str) -> AsyncIterator[Watch]:
    """Fills in a ``Watch`` when the block has ended.

    Raises:
        BenchmarkError: the service does not take requests, or its metrics cannot be read.
    """
    await check_ready(url)
    watch = Watch()
    before = read_counters(await read_metrics(url))
    begin, begin_cpu = time.monotonic(), time.process_time()
    yield watch
    seconds, cpu_seconds = time.monotonic() - begin, time.process_time() - begin_cpu
    watch.cpu_share = cpu_seconds / seconds
    watch.service = compare(before, read_counters(await read_metrics(url)), seconds)
