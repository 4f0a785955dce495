"""What the comparison of ways to batch gives."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.load_results import OpenLoopResult
from benchmarks.summary import Latency, Spread
from benchmarks.tables import print_table
from model.config import Frozen

_LOADS = "load|batching|requests|p50 ms|p95 ms|p99 ms|short: p50 ms|p99 ms|ours, p99|short, p99"
_SATURATION = "batching|sentences/s|ours is"
_BULK = "batching|interactive alone: p50 ms|p99 ms|beside bulk: p50 ms|p99 ms|p99 is|bulk done after s"
_SERVERS = "server|texts/s|texts/CPU s|ours is, by CPU time"
_OPEN = "load|server|requests|p50 ms|p95 ms|p99 ms|translated/s|generator's lag p99 ms"


class LoadCell(Frozen):
    """One way to batch at one load.

    Attributes:
        load: as a share of our capacity.
        latency: of all requests, from the intended arrival.
        short: of the short ones.
    """

    batching: str
    load: float
    latency: Latency
    short: Latency


class BulkCell(Frozen):
    """Short interactive requests, alone and beside a bulk job.

    Attributes:
        alone: their latencies without it.
        beside: with it, of those that came before it was done.
        bulk_seconds: until the job was done, with the interactive requests.
    """

    batching: str
    alone: Latency
    beside: Latency
    bulk_seconds: Spread


class Saturation(Frozen):
    """All requests at once: sentences a second."""

    batching: str
    sentences_per_second: Spread
    ratio: Spread


class EngineResults(Frozen):
    """Without servers, by processor time.

    Attributes:
        requests: in a round of each load.
        short_tokens: a request with at most so many is short.
        capacity: sentences a second of our engine with all requests at once; loads are shares of it.
        interactive_per_second: beside a bulk job.
        bulk_sentences: in the job.
    """

    requests: int
    short_tokens: int
    capacity: float
    saturation: tuple[Saturation, ...]
    loads: tuple[LoadCell, ...]
    interactive_per_second: float
    bulk_sentences: int
    bulk: tuple[BulkCell, ...]


class ServerCapacity(Frozen):
    """A server that 64 clients keep busy.

    Attributes:
        texts_per_second: by wall time.
        texts_per_cpu_second: by the processor time of all of its processes.
        ratio: ours by this one, by processor time, in the same round.
    """

    server: str
    texts_per_second: Spread
    texts_per_cpu_second: Spread
    ratio: Spread


class ServerLoad(Frozen):
    """A server at one load, as a share of our capacity, by wall time."""

    server: str
    load: float
    result: OpenLoopResult


class LitServeTrial(Frozen):
    """One setting of LitServe: what it reaches at saturation, by processor time, and at 80 % load."""

    max_batch_size: int
    batch_timeout: float
    sentences_per_second: float
    busy: Latency


class SchedulingResults(Frozen):
    """Everything that was measured.

    Attributes:
        quick: with too little effort to be quoted.
        texts: how many different ones.
        mean_tokens: of their sources.
        trials: of LitServe's settings, by processor time and without its server.
        max_batch_size, batch_timeout: what was chosen of these.
        engine: None where it was left out.
        capacity, servers: empty where they were left out.
    """

    quick: bool
    texts: int
    mean_tokens: float
    max_running_rows: int
    trials: tuple[LitServeTrial, ...]
    max_batch_size: int
    batch_timeout: float
    engine: EngineResults | None = None
    capacity: tuple[ServerCapacity, ...] = ()
    servers: tuple[ServerLoad, ...] = ()


def show_scheduling(results: SchedulingResults) -> None:
    """Print the tables."""
    if results.engine:
        _show_engine(results.engine)
    if results.capacity:
        print_table("servers, 64 connections", _SERVERS, [_capacity_row(cell) for cell in results.capacity])
    if results.servers:
        print_table("servers, by wall time", _OPEN, [_server_row(cell) for cell in results.servers])


def _show_engine(engine: EngineResults) -> None:
    print_table(
        f"without servers, by processor time; {engine.requests} sentences at once",
        _SATURATION,
        [
            (cell.batching, f"{cell.sentences_per_second.median:.1f}", f"{cell.ratio.median:.2f}x")
            for cell in engine.saturation
        ],
    )
    print_table(
        f"loads are shares of {engine.capacity:.1f} sentences/s; short: at most {engine.short_tokens} tokens",
        _LOADS,
        [_load_row(cell, _ours(engine.loads, cell.load)) for cell in engine.loads],
    )
    print_table(
        f"{engine.interactive_per_second:.1f} short requests/s, a job of {engine.bulk_sentences} sentences",
        _BULK,
        [_bulk_row(cell) for cell in engine.bulk],
    )


def _ours(cells: Sequence[LoadCell], load: float) -> LoadCell:
    return next(cell for cell in cells if cell.load == load)


def _load_row(cell: LoadCell, ours: LoadCell) -> tuple[str, ...]:
    latency, short = cell.latency, cell.short
    return (
        f"{cell.load:.0%}",
        cell.batching,
        str(latency.count),
        *(f"{value:.0f}" for value in (latency.p50_ms, latency.p95_ms, latency.p99_ms)),
        *(f"{value:.0f}" for value in (short.p50_ms, short.p99_ms)),
        f"{latency.p99_ms / ours.latency.p99_ms:.2f}x",
        f"{short.p99_ms / ours.short.p99_ms:.2f}x",
    )


def _bulk_row(cell: BulkCell) -> tuple[str, ...]:
    waits = (cell.alone.p50_ms, cell.alone.p99_ms, cell.beside.p50_ms, cell.beside.p99_ms)
    return (
        cell.batching,
        *(f"{value:.1f}" for value in waits),
        f"{cell.beside.p99_ms / cell.alone.p99_ms:.2f}x",
        f"{cell.bulk_seconds.median:.1f}",
    )


def _capacity_row(cell: ServerCapacity) -> tuple[str, ...]:
    return (
        cell.server,
        f"{cell.texts_per_second.median:.1f}",
        f"{cell.texts_per_cpu_second.median:.1f}",
        f"{cell.ratio.median:.2f}x ({cell.ratio.low:.2f} to {cell.ratio.high:.2f})",
    )


def _server_row(cell: ServerLoad) -> tuple[str, ...]:
    result = cell.result
    waits = result.latency
    shown = (
        ("-",) * 3 if waits is None else tuple(f"{v:.0f}" for v in (waits.p50_ms, waits.p95_ms, waits.p99_ms))
    )
    return (
        f"{cell.load:.0%}",
        cell.server,
        str(result.requests),
        *shown,
        f"{result.translated_per_second:.1f}",
        f"{result.generator.lag_p99_ms:.1f}",
    )
