"""``python -m benchmarks.scaling``: what more processors give, as threads of a decoder or as replicas."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack

from rich.console import Console
from rich.table import Table

from benchmarks.command import Say, add_languages, add_output, add_text, guarded, progress, whole
from benchmarks.errors import BenchmarkError
from benchmarks.record import RESULTS, ROOT, CheckpointIdentity, Record, provenance, write_record
from benchmarks.scaling_workers import Arrangement, Replicas, Turn, Work, start
from benchmarks.summary import Spread
from benchmarks.texts import read_sentences
from model.checkpoint import load_checkpoint
from model.cli.arguments import HelpFormatter, add_checkpoint
from model.config import Frozen

METHOD = (
    "Each replica is a process with processors of its own, as many as it has threads, and decodes all "
    "sentences, 64 at a time, as the service does; tokenisation is not timed. All replicas of an arrangement "
    "start together. A round measures every arrangement once, in turn; the ratio is to one replica with one "
    "thread in the same round. Sentences a second are by the clock, from the first start to the last end. "
    "Median, least and greatest of the rounds."
)
ROWS = 64

_EPILOG = """\
example:
  python -m benchmarks.scaling checkpoints/to-english \\
      --source-lang de --target-lang en --input test.de --limit 600

The machine should have nothing else to do. taskset says which processors are used.
"""


class ScalingCell(Frozen):
    """One arrangement.

    Attributes:
        sentences_per_second: of all replicas together, by the clock.
        cpu_ms_per_sentence: processor time of all threads, milliseconds.
        ratio: sentences a second over those of one replica with one thread.
    """

    replicas: int
    threads: int
    sentences_per_second: Spread
    cpu_ms_per_sentence: Spread
    ratio: Spread


class ScalingResults(Frozen):
    """All arrangements."""

    source_lang: str
    target_lang: str
    sentences: int
    rows: int
    rounds: int
    cells: tuple[ScalingCell, ...]


def main(arguments: Sequence[str]) -> int:
    """Measure, print a table and write the record; returns the exit status."""
    options = build_parser().parse_args(arguments)
    return guarded(lambda: run(options, arguments))


def build_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scaling",
        description="Measure decoding with more threads, and with more replicas, on the processors at hand.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    add_checkpoint(parser)
    add_languages(parser)
    add_text(parser)
    parser.add_argument(
        "--rounds", type=whole, default=5, metavar="N", help="of all arrangements (default: %(default)s)"
    )
    add_output(parser, "scaling-CHECKPOINT-DATE.json")
    return parser


def run(options: argparse.Namespace, arguments: Sequence[str]) -> None:
    """Measure all arrangements.

    Raises:
        BenchmarkError: the record cannot be written, a replica ends, or the system does not place processes.
        ModelError: the checkpoint or the text cannot be used.
    """
    if not hasattr(os, "sched_getaffinity"):
        raise BenchmarkError("this system does not let processes choose their processors")
    processors = sorted(os.sched_getaffinity(0))
    checkpoint = load_checkpoint(options.checkpoint)
    checkpoint.require_direction(options.source_lang, options.target_lang)
    origin = provenance(
        "benchmarks.scaling", arguments, method=METHOD, checkpoint=CheckpointIdentity.of(checkpoint)
    )
    sentences = read_sentences(options.input, options.source_lang, options.limit)
    work = Work(options.checkpoint, (options.source_lang, options.target_lang), ROWS, sentences)
    results = measure(work, arrangements(len(processors)), processors, options.rounds)
    show(results)
    path = options.output or ROOT / RESULTS / f"scaling-{checkpoint.name}-{origin.date[:10]}.json"
    write_record(Record[ScalingResults](provenance=origin, results=results), path)


def arrangements(processors: int) -> list[Arrangement]:
    """One replica with one thread, and all ways to use 2, 4, 8 … of the processors, threads first."""
    found = []
    used = 1
    while used <= processors:
        threads = used
        while threads:
            found.append(Arrangement(used // threads, threads))
            threads //= 2
        used *= 2
    return found


def measure(
    work: Work, plans: Sequence[Arrangement], processors: Sequence[int], rounds: int
) -> ScalingResults:
    """Measure ``plans``, the first of which the others are compared with.

    Raises:
        BenchmarkError: a replica cannot start, or ends.
    """
    with ExitStack() as stack, progress(rounds) as say:
        running = [start(stack, plan, processors, work) for plan in plans]
        measured = [_round(running, say) for _ in range(rounds)]
    cells = tuple(
        _cell(
            plan, [turns[index] for turns in measured], [turns[0] for turns in measured], len(work.sentences)
        )
        for index, plan in enumerate(plans)
    )
    return ScalingResults(
        source_lang=work.direction[0],
        target_lang=work.direction[1],
        sentences=len(work.sentences),
        rows=work.rows,
        rounds=rounds,
        cells=cells,
    )


def show(results: ScalingResults) -> None:
    """Print the rates as a table."""
    table = Table("replicas", "threads", "sentences/s", "ratio", "CPU ms/sentence")
    for cell in results.cells:
        numbers = (cell.sentences_per_second, cell.ratio, cell.cpu_ms_per_sentence)
        shown = (f"{one.median:.2f} ({one.low:.2f}–{one.high:.2f})" for one in numbers)  # noqa: RUF001
        table.add_row(str(cell.replicas), str(cell.threads), *shown)
    Console().print(table)


def _round(running: Sequence[Replicas], say: Say) -> list[list[Turn]]:
    turns = [replicas.round() for replicas in running]
    say("  ".join(f"{_seconds(one) / len(one):.2f} s a replica's share" for one in turns))
    return turns


def _seconds(turns: Sequence[Turn]) -> float:
    return max(turn.end for turn in turns) - min(turn.begin for turn in turns)


def _cell(
    plan: Arrangement, rounds: Sequence[list[Turn]], reference: Sequence[list[Turn]], sentences: int
) -> ScalingCell:
    rates = [len(turns) * sentences / _seconds(turns) for turns in rounds]
    references = [len(turns) * sentences / _seconds(turns) for turns in reference]
    cpu = [1000.0 * sum(turn.cpu_seconds for turn in turns) / (len(turns) * sentences) for turns in rounds]
    return ScalingCell(
        replicas=plan.replicas,
        threads=plan.threads,
        sentences_per_second=Spread.of(rates),
        cpu_ms_per_sentence=Spread.of(cpu),
        ratio=Spread.of([rate / other for rate, other in zip(rates, references, strict=True)]),
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
