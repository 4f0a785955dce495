"""``python -m benchmarks.load``: a running service under load."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from benchmarks.command import Say, above_zero, add_text, guarded, not_negative, progress, whole
from benchmarks.guard import check_target
from benchmarks.load_results import ClosedLoopResult, OpenLoopResult
from benchmarks.record import Record, provenance
from benchmarks.session import (
    CLOSED_METHOD,
    OPEN_METHOD,
    LoadOptions,
    find_checkpoint,
    measure_closed,
    measure_open,
)
from benchmarks.tables import closed_line, open_line, show_closed, show_open
from benchmarks.texts import name_of, read_sentences
from model.cli.arguments import HelpFormatter
from model.config import Frozen

_EPILOG = """\
examples:
  At 5, 10 and 20 requests a second, each rate for half a minute:

    python -m benchmarks.load --url http://127.0.0.1:8000 --rate 5 10 20 --duration 30

  The most that 64 clients get out of it:

    python -m benchmarks.load --closed-loop --concurrency 64 --json > capacity.json

An open loop says how long users wait, a closed loop how much work gets done; benchmarks/README.md
explains why one cannot answer the other's question.
"""


class LoadResults(Frozen):
    """What was sent, and what came of it: an entry for each rate, or one closed loop.

    Attributes:
        input: the name of the text.
        connections: most connections of an open loop.
    """

    source_lang: str
    target_lang: str
    input: str
    texts_per_request: int
    connections: int
    warmup_seconds: float
    timeout_seconds: float
    seed: int
    open_loop: tuple[OpenLoopResult, ...] = ()
    closed_loop: ClosedLoopResult | None = None


def main(arguments: Sequence[str]) -> int:
    """Put a service under load, and print tables or JSON; returns the exit status."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    if options.closed_loop and options.rate:
        parser.error("--rate belongs to the open loop; leave it or --closed-loop out")
    return guarded(lambda: _run(options, arguments))


def build_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.load",
        description="Measure a running service under load.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="default: %(default)s")
    parser.add_argument("--allow-remote", action="store_true", help="the URL may be another machine's")
    parser.add_argument("--source-lang", default="de", metavar="LANG", help="default: %(default)s")
    parser.add_argument("--target-lang", default="en", metavar="LANG", help="default: %(default)s")
    add_text(parser)
    _add_shape(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    return parser


def _add_shape(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the load")
    group.add_argument(
        "--rate",
        type=above_zero,
        nargs="+",
        metavar="R",
        help="requests a second on average; each rate is a run of its own (default: 5 10 20)",
    )
    group.add_argument(
        "--closed-loop",
        action="store_true",
        help="instead of a rate: clients that each wait for their answer before they ask again",
    )
    group.add_argument(
        "--concurrency", type=whole, default=64, metavar="N", help="these clients (default: %(default)s)"
    )
    group.add_argument(
        "--duration", type=above_zero, default=30.0, metavar="S", help="seconds a run (default: %(default)g)"
    )
    group.add_argument(
        "--warmup",
        type=not_negative,
        default=3.0,
        metavar="S",
        help="seconds before it that are not counted (default: %(default)g)",
    )
    group.add_argument("--texts-per-request", type=whole, default=1, metavar="N", help="default: %(default)s")
    group.add_argument(
        "--deadline-ms",
        type=above_zero,
        default=1000.0,
        metavar="MS",
        help="goodput counts translations that took no longer (default: %(default)g)",
    )
    group.add_argument(
        "--timeout",
        type=above_zero,
        default=30.0,
        metavar="S",
        help="seconds after which a request is given up (default: %(default)g)",
    )
    group.add_argument(
        "--connections",
        type=whole,
        default=256,
        metavar="N",
        help="most connections of the open loop; waiting for one counts as latency (default: %(default)s)",
    )
    group.add_argument(
        "--seed", type=int, default=1, metavar="N", help="of arrivals and texts (default: %(default)s)"
    )


def _load_options(options: argparse.Namespace) -> LoadOptions:
    check_target(options.url, allow_remote=options.allow_remote)
    return LoadOptions(
        url=options.url.rstrip("/"),
        source=options.source_lang,
        target=options.target_lang,
        sentences=read_sentences(options.input, options.source_lang, options.limit),
        texts_per_request=options.texts_per_request,
        seconds=options.duration,
        warmup_seconds=options.warmup,
        deadline_seconds=options.deadline_ms / 1000.0,
        timeout_seconds=options.timeout,
        connections=options.connections,
        seed=options.seed,
    )


async def open_runs(load: LoadOptions, rates: Sequence[float], say: Say) -> tuple[OpenLoopResult, ...]:
    """One run for each of ``rates``, in order.

    Raises:
        BenchmarkError: a run has too many requests.
    """
    results = []
    for rate in rates:
        results.append(await measure_open(load, rate))
        say(open_line(results[-1]))
    return tuple(results)


async def closed_run(load: LoadOptions, concurrency: int, say: Say) -> ClosedLoopResult:
    """One run with ``concurrency`` clients."""
    result = await measure_closed(load, concurrency)
    say(closed_line(result))
    return result


def _measure(load: LoadOptions, options: argparse.Namespace) -> LoadResults:
    rates = options.rate or [5.0, 10.0, 20.0]
    rates = [] if options.closed_loop else rates
    with progress(max(1, len(rates))) as say:
        closed = asyncio.run(closed_run(load, options.concurrency, say)) if options.closed_loop else None
        opened = asyncio.run(open_runs(load, rates, say))
    return LoadResults(
        source_lang=load.source,
        target_lang=load.target,
        input=name_of(options.input, load.source),
        texts_per_request=load.texts_per_request,
        connections=load.connections,
        warmup_seconds=load.warmup_seconds,
        timeout_seconds=load.timeout_seconds,
        seed=load.seed,
        open_loop=opened,
        closed_loop=closed,
    )


def _run(options: argparse.Namespace, arguments: Sequence[str]) -> None:
    load = _load_options(options)
    method = CLOSED_METHOD if options.closed_loop else OPEN_METHOD
    origin = provenance(
        "benchmarks.load", arguments, method=method, checkpoint=asyncio.run(find_checkpoint(load.url))
    )
    results = _measure(load, options)
    if options.json:
        print(Record[LoadResults](provenance=origin, results=results).model_dump_json(indent=2))
        return
    if results.open_loop:
        show_open(results.open_loop)
    if results.closed_loop:
        show_closed(results.closed_loop)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
