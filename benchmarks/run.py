"""``python -m benchmarks.run``: decoding and the service under load, with a record of the machine."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.command import add_output, add_text, guarded, progress
from benchmarks.decode import DecodePlan, add_machine, measure
from benchmarks.decoder import METHOD as DECODE_METHOD
from benchmarks.decoder import DecodeResults
from benchmarks.errors import BenchmarkError
from benchmarks.load import closed_run, open_runs
from benchmarks.load_results import ClosedLoopResult, OpenLoopResult
from benchmarks.record import RESULTS, ROOT, CheckpointIdentity, Record, provenance, write_record
from benchmarks.reference import Reference
from benchmarks.server import PREFIX, running_service, settings_of
from benchmarks.session import CLOSED_METHOD, OPEN_METHOD, LoadOptions
from benchmarks.summary import Spread
from benchmarks.tables import show_closed, show_decode, show_open
from benchmarks.texts import name_of, read_sentences
from model.checkpoint import Checkpoint, read_config, read_manifest
from model.cli.arguments import HelpFormatter, add_checkpoint
from model.cli.setup import open_checkpoint
from model.config import Frozen

_CONCURRENCY = 64
_LOADS = (0.2, 0.5, 0.8, 0.95, 1.2)
"""Rates of the open loop, as shares of what the closed loop reached."""
_REFERENCES = 5

METHOD = (
    f"{DECODE_METHOD} Then the service is started on the same machine as the load generator and measured "
    f"with one text a request. {CLOSED_METHOD} Its rate with {_CONCURRENCY} clients is the capacity. "
    f"{OPEN_METHOD} Rates: {', '.join(f'{load:.0%}' for load in _LOADS)} of the capacity. The service's "
    "ratio: texts of the capacity in the time of one reference computation, the median of some before and "
    "after the load."
)

_EPILOG = """\
examples:
  python -m benchmarks.run checkpoints/to-english
  python -m benchmarks.run checkpoints/to-english --quick

Settings of the service in the environment, such as DRAGOMAN_MAX_RUNNING_ROWS, are passed on and recorded.
benchmarks/README.md explains the numbers.
"""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured.

    Attributes:
        limit: sentences decoded; None for all.
        repeats: timed passes of the decoder.
        seconds: measured time of each load.
        warmup_seconds: before it.
    """

    limit: int | None
    repeats: int
    seconds: float
    warmup_seconds: float


FULL = Effort(limit=None, repeats=5, seconds=30.0, warmup_seconds=5.0)
QUICK = Effort(limit=20, repeats=1, seconds=4.0, warmup_seconds=1.0)


class ServiceResults(Frozen):
    """The service under load.

    Attributes:
        settings: variables of its environment, but for where and what it serves.
        beam_size: what it decodes with.
        ratio: texts of the capacity in the time of one reference computation.
    """

    settings: Mapping[str, str]
    beam_size: int
    reference_ms: Spread
    ratio: float
    capacity: ClosedLoopResult
    open_loop: tuple[OpenLoopResult, ...]


class RunResults(Frozen):
    """Everything that was measured; ``quick``: with too little effort to be quoted."""

    quick: bool
    decode: DecodeResults
    service: ServiceResults


def main(arguments: Sequence[str]) -> int:
    """Measure, print tables and write the record; returns the exit status."""
    options = build_parser().parse_args(arguments)
    return guarded(lambda: run(options, arguments, QUICK if options.quick else FULL))


def build_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.run",
        description="Measure decoding, then the service under load, and write a record.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    add_checkpoint(parser)
    for option, what in (("--source-lang", "from"), ("--target-lang", "into")):
        parser.add_argument(
            option, metavar="LANG", help=f"the language to translate {what} (default: the checkpoint's first)"
        )
    add_text(parser)
    add_machine(parser)
    parser.add_argument("--quick", action="store_true", help="about a minute; to see that all works")
    add_output(parser, "CHECKPOINT-DEVICE-DATE.json")
    return parser


def run(options: argparse.Namespace, arguments: Sequence[str], effort: Effort) -> None:
    """Measure with ``effort``.

    Raises:
        BenchmarkError: something cannot be measured.
        ModelError: the checkpoint cannot be used.
    """
    options = with_direction(options)
    checkpoint = open_checkpoint(options)
    sentences = read_sentences(options.input, options.source_lang, options.limit)
    plan = DecodePlan(
        source=options.source_lang,
        target=options.target_lang,
        sentences=sentences[: effort.limit],
        input=name_of(options.input, options.source_lang),
        repeats=effort.repeats,
        precision=options.precision,
    )
    origin = provenance(
        "benchmarks.run",
        arguments,
        method=METHOD,
        checkpoint=CheckpointIdentity.of(checkpoint),
        device=checkpoint.model.device,
    )
    decoded = measure(checkpoint, plan)
    show_decode(decoded)
    served = _measure_service(checkpoint, sentences, options, effort)
    show_closed(served.capacity)
    show_open(served.open_loop)
    results = RunResults(quick=effort is not FULL, decode=decoded, service=served)
    path = options.output or _default_path(checkpoint, results, origin.date)
    write_record(Record[RunResults](provenance=origin, results=results), path)


def _measure_service(
    checkpoint: Checkpoint, sentences: Sequence[str], options: argparse.Namespace, effort: Effort
) -> ServiceResults:
    settings = settings_of(
        os.environ,
        threads=str(options.threads),
        device=checkpoint.model.device.type,
        precision=options.precision,
        cache_segments="0",  # the texts repeat, and decoding is what is measured
    )
    reference = Reference(checkpoint.model.device)
    with running_service(options.checkpoint, settings) as url:
        load = LoadOptions(
            url=url,
            source=options.source_lang,
            target=options.target_lang,
            sentences=sentences,
            seconds=effort.seconds,
            warmup_seconds=effort.warmup_seconds,
        )
        times = [reference.seconds() for _ in range(_REFERENCES)]
        capacity, opened = asyncio.run(_measure_loads(load))
        times += [reference.seconds() for _ in range(_REFERENCES)]
    spread = Spread.of([1000.0 * seconds for seconds in times])
    return ServiceResults(
        settings=settings,
        beam_size=int(settings.get(f"{PREFIX}BEAM_SIZE", checkpoint.decoding.beam_size)),
        reference_ms=spread,
        ratio=capacity.texts_per_second * spread.median / 1000.0,
        capacity=capacity,
        open_loop=opened,
    )


async def _measure_loads(load: LoadOptions) -> tuple[ClosedLoopResult, tuple[OpenLoopResult, ...]]:
    with progress(1 + len(_LOADS)) as say:
        capacity = await closed_run(load, _CONCURRENCY, say)
        if not capacity.requests_per_second:
            raise BenchmarkError(f"the service translated nothing: {dict(capacity.statuses)}")
        rates = [share * capacity.requests_per_second for share in _LOADS]
        return capacity, await open_runs(load, rates, say)


def with_direction(options: argparse.Namespace) -> argparse.Namespace:
    """``options`` with a direction: the one asked for, or the first that the checkpoint has."""
    first = read_config(options.checkpoint, read_manifest(options.checkpoint)).directions[0]
    chosen = {
        "source_lang": options.source_lang or first[0],
        "target_lang": options.target_lang or first[1],
    }
    return argparse.Namespace(**(vars(options) | chosen))


def _default_path(checkpoint: Checkpoint, results: RunResults, date: str) -> Path:
    parts = [checkpoint.name, results.decode.device, date[:10], *(["quick"] if results.quick else [])]
    return ROOT / RESULTS / f"{'-'.join(parts)}.json"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
