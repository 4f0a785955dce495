"""``python -m benchmarks.scheduling``: who waits how long, by the way segments are batched."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks.collecting import Collecting
from benchmarks.command import Say, add_text, guarded, progress, whole
from benchmarks.decode import add_machine
from benchmarks.environments import litserve_environment
from benchmarks.mixed import LONGEST, SHORTEST, mixed_texts
from benchmarks.record import RESULTS, ROOT, CheckpointIdentity, Record, provenance, write_record
from benchmarks.run import with_direction
from benchmarks.scheduling_engine import (
    INTERACTIVE_LOAD,
    LOADS,
    TRIAL_LOAD,
    TRIAL_SIZES,
    TRIAL_TIMEOUTS,
    EngineComparison,
    Workload,
)
from benchmarks.scheduling_plot import plot_scheduling
from benchmarks.scheduling_results import (
    LitServeTrial,
    SchedulingResults,
    ServerCapacity,
    ServerLoad,
    show_scheduling,
)
from benchmarks.scheduling_servers import contestants, measure_capacities, measure_loads
from benchmarks.server import settings_of
from benchmarks.session import LoadOptions
from benchmarks.steady_timer import LOOK_SECONDS
from benchmarks.texts import read_sentences
from model.checkpoint import Checkpoint
from model.cli.arguments import HelpFormatter, add_checkpoint
from model.cli.setup import open_checkpoint
from model.decoding import CONTROL_IDS, RunningBatch, decode
from model.inference import decoding_network
from model.interface import SearchingSeq2Seq
from service.engine.request import SegmentRequest

METHOD = (
    f"Texts of {SHORTEST} to {LONGEST} source tokens, their logarithms evenly spread, one text a request, "
    "Poisson arrivals; the same arrivals and texts for all. First without servers, on one thread, by a "
    "clock that is the thread's processor time and skips idle time, so that neither other processes nor a "
    "load generator count, and that is corrected for changes of the processor's speed by a text that is "
    f"decoded every {1000 * LOOK_SECONDS:.0f} ms: this engine; the same engine with a scheduler that lets "
    "nobody join a batch that runs, while what is done leaves and is answered at once; LitServe's rule for "
    "collecting batches around decode(); and, computed from what each text costs alone, a queue that "
    "serves one text after the other and costs nothing itself. LitServe's settings are those of the tried "
    f"ones with the least 99th percentile at {TRIAL_LOAD:.0%} load. Capacity is our rate with all "
    f"requests at once; loads are {', '.join(f'{load:.0%}' for load in LOADS)} of it. Rounds are "
    "interleaved, each with arrivals of its own, and their latencies are taken together. A bulk job comes at "
    f"once, beside the short ones of a Poisson process of {INTERACTIVE_LOAD:.0%} of the capacity. Then, "
    "where there are results of servers: the service, the same with request-level batches, and LitServe; "
    "all on the cores of this command, the load generator too. Their capacity is measured with 64 clients "
    "that each wait for their answer, in interleaved rounds, by wall time and by the processor time of all "
    "processes of a server; open loops at the same shares of our capacity are by wall time."
)

_EPILOG = """\
examples:
  python -m benchmarks.scheduling checkpoints/to-english --cpu 0
  python -m benchmarks.scheduling checkpoints/to-english --parts engine --plot docs/pictures/scheduling.svg

The first run builds a virtual environment for LitServe in a cache folder. benchmarks/README.md explains
the numbers.
"""


PARTS = ("engine", "capacity", "servers")


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured.

    Attributes:
        texts: different ones.
        closed_seconds: of a closed loop.
        open_seconds: of an open loop.
        warmup_seconds: before it.
        share: of the requests asked for.
    """

    texts: int
    closed_seconds: float
    open_seconds: float
    warmup_seconds: float
    share: float


FULL = Effort(texts=400, closed_seconds=6.0, open_seconds=9.0, warmup_seconds=2.0, share=1.0)
QUICK = Effort(texts=20, closed_seconds=1.0, open_seconds=1.0, warmup_seconds=0.5, share=0.05)


def main(arguments: Sequence[str]) -> int:
    """Measure, print tables and write the record; returns the exit status."""
    options = build_parser().parse_args(arguments)
    return guarded(lambda: run(options, arguments))


def build_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scheduling",
        description="Compare continuous batching with request-level batches and LitServe.",
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
    counts = (
        ("--requests", 400, "in a round of each load, without servers"),
        ("--bulk", 1000, "sentences of the bulk job"),
        ("--rows", 64, "segments that run at once"),
        ("--rounds", 3, "of what is measured in interleaved rounds"),
        ("--seed", 1, "of texts and arrivals"),
    )
    for option, default, what in counts:
        parser.add_argument(
            option, type=whole, default=default, metavar="N", help=f"{what} (default: %(default)s)"
        )
    parser.add_argument("--cpu", type=int, metavar="N", help="keep every process on this core (Linux)")
    parser.add_argument(
        "--parts",
        nargs="+",
        choices=PARTS,
        default=PARTS,
        help="without servers; what servers can do; how long they let one wait (default: all)",
    )
    parser.add_argument("--quick", action="store_true", help="with little effort; to see that all works")
    parser.add_argument("--litserve-environment", type=Path, metavar="DIR", help="built if missing")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw latency by load: .svg or .png")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where to write the record")
    return parser


def run(options: argparse.Namespace, arguments: Sequence[str]) -> None:
    """Measure what ``options`` say.

    Raises:
        BenchmarkError: something cannot be measured.
        ModelError: the checkpoint cannot be used.
    """
    options = with_direction(options)
    effort = QUICK if options.quick else FULL
    if options.cpu is not None:
        os.sched_setaffinity(0, {options.cpu})
    checkpoint = open_checkpoint(options)
    origin = provenance(
        "benchmarks.scheduling",
        arguments,
        method=METHOD,
        checkpoint=CheckpointIdentity.of(checkpoint),
        device=checkpoint.model.device,
    )
    results = measure(checkpoint, options, effort)
    show_scheduling(results)
    parts = ["scheduling", checkpoint.name, origin.date[:10], *(["quick"] if options.quick else [])]
    path = options.output or ROOT / RESULTS / f"{'-'.join(parts)}.json"
    write_record(Record[SchedulingResults](provenance=origin, results=results), path)
    if options.plot and results.engine:
        plot_scheduling(results.engine, options.plot)
        print(f"drawn to {options.plot}")


def measure(checkpoint: Checkpoint, options: argparse.Namespace, effort: Effort) -> SchedulingResults:
    """Everything.

    Raises:
        BenchmarkError: a server or LitServe's environment fails.
    """
    texts = _texts(checkpoint, options, effort)
    with progress(_measurements(options, effort)) as say:
        comparison, lengths = _comparison(checkpoint, options, effort, texts, say)
        trials = comparison.try_litserve()
        chosen = choose(trials)
        rule = Collecting(chosen.max_batch_size, chosen.batch_timeout)
        engine = comparison.measure(rule) if "engine" in options.parts else None
        capacity, loads = _measure_servers(options, effort, texts, rule, say)
    return SchedulingResults(
        quick=options.quick,
        texts=len(texts),
        mean_tokens=sum(lengths) / len(lengths),
        max_running_rows=options.rows,
        trials=trials,
        max_batch_size=rule.max_batch_size,
        batch_timeout=rule.batch_timeout,
        engine=engine,
        capacity=capacity,
        servers=loads,
    )


def choose(trials: Sequence[LitServeTrial]) -> LitServeTrial:
    """The setting with the least 99th percentile."""
    return min(trials, key=lambda trial: trial.busy.p99_ms)


def _texts(checkpoint: Checkpoint, options: argparse.Namespace, effort: Effort) -> list[str]:
    sentences = read_sentences(options.input, options.source_lang, options.limit)

    def count(text: str) -> int:
        return len(checkpoint.tokenizer.source_ids(text, options.target_lang))

    return mixed_texts(sentences, count, effort.texts, options.seed)


def _comparison(
    checkpoint: Checkpoint, options: argparse.Namespace, effort: Effort, texts: Sequence[str], say: Say
) -> tuple[EngineComparison, list[int]]:
    """The comparison, and the lengths of its sources."""
    tokenizer = checkpoint.tokenizer
    network = decoding_network(checkpoint.model, options.precision, checkpoint.shortlists)
    forbidden = CONTROL_IDS | {tokenizer.tag(language) for language in tokenizer.languages}
    sources = [tuple(tokenizer.source_ids(text, options.target_lang)) for text in texts]
    decoding = checkpoint.decoding

    def translate(batch: Sequence[SegmentRequest]) -> None:
        decode(
            network,
            [request.source for request in batch],
            decoding,
            forbidden=forbidden,
            max_rows=len(batch),
            max_padded_tokens=1 << 20,
        )

    workload = Workload(
        sources,
        decoding,
        requests=max(1, round(effort.share * options.requests)),
        bulk_sentences=max(1, round(effort.share * options.bulk)),
        rounds=options.rounds,
        seed=options.seed,
    )
    new_batch = partial(RunningBatch, network, forbidden=forbidden)
    kernel_threads = options.threads if isinstance(network, SearchingSeq2Seq) else None
    comparison = EngineComparison(workload, new_batch, translate, options.rows, kernel_threads, say)
    return comparison, [*map(len, sources)]


def _measure_servers(
    options: argparse.Namespace, effort: Effort, texts: Sequence[str], rule: Collecting, say: Say
) -> tuple[tuple[ServerCapacity, ...], tuple[ServerLoad, ...]]:
    if options.parts == ["engine"]:
        return (), ()
    environment = litserve_environment(options.litserve_environment)
    settings = settings_of(
        os.environ,
        threads=str(options.threads),
        device=options.device,
        precision=options.precision,
        max_running_rows=str(options.rows),
        cache_segments="0",  # the texts repeat, and decoding is what is measured
        second_tries="false",  # LitServe has none
    )
    load = LoadOptions(
        url="",
        source=options.source_lang,
        target=options.target_lang,
        sentences=texts,
        seconds=effort.closed_seconds,
        seed=options.seed,
    )
    with contestants(options.checkpoint, settings, environment, rule, options.target_lang) as servers:
        capacity = measure_capacities(servers, load, options.rounds, say)
        if "servers" not in options.parts:
            return capacity, ()
        opened = replace(load, seconds=effort.open_seconds, warmup_seconds=effort.warmup_seconds)
        return capacity, measure_loads(servers, opened, capacity[0].texts_per_second.median, say)


def _measurements(options: argparse.Namespace, effort: Effort) -> int:
    """Lines of progress."""
    ways = 4
    trials = len(TRIAL_SIZES) * len(TRIAL_TIMEOUTS)
    engine = ways * (1 + len(LOADS) + 1) if "engine" in options.parts else 0
    capacity = 3 * options.rounds if options.parts != ["engine"] else 0
    servers = 3 * len(LOADS) if "servers" in options.parts else 0
    return trials + engine + capacity + servers


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
