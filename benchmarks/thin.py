"""``python -m benchmarks.thin``: how much of the decoder's speed the service around it leaves."""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.command import add_output, guarded, progress, whole
from benchmarks.errors import BenchmarkError
from benchmarks.processor_time import on_processors
from benchmarks.record import RESULTS, ROOT, CheckpointIdentity, Record, provenance, write_record
from benchmarks.server import settings_of, started_service
from benchmarks.texts import name_of, read_sentences
from benchmarks.thin_offline import OfflineDecoder
from benchmarks.thin_parts import measure_parts
from benchmarks.thin_results import Pair, ThinResults, show_thin
from benchmarks.thin_service import Load, measure_round
from model.cli.arguments import HelpFormatter, add_checkpoint
from model.cli.setup import open_checkpoint

ROWS = 64
"""Connections, and places of the running batch: the service's default."""
LIST = 100
LIST_CONNECTIONS = 4

METHOD = (
    "In every round the same sentences are decoded and served. `offline`: cut and tokenised beforehand, "
    f"by model.decoding.decode, {ROWS} at a time, in the benchmark's process. `single`: by a service on "
    f"the same processors with its default settings, one sentence a request, from {ROWS} connections. "
    f"`list`: by the same service, {LIST} a request, from {LIST_CONNECTIONS} connections. No sentence is "
    "sent twice in a run. Processor seconds are those of the service's process and its children; the "
    "load generator's are apart. The share is the decoder's processor seconds by the service's in the "
    "same round: what the throughput of a service on a processor of its own is to the decoder's. Rates "
    "are by the clock. Parts: each by itself over the sentences of one round, in the benchmark's "
    "process, one after the other, so with warm caches."
)

_EPILOG = """\
examples:
  python -m benchmarks.thin checkpoints/to-english
  taskset --cpu-list 0 python -m benchmarks.thin checkpoints/to-english --input test.de

benchmarks/README.md explains the numbers.
"""


def main(arguments: Sequence[str]) -> int:
    """Measure, print a table and write the record; returns the exit status."""
    options = build_parser().parse_args(arguments)
    return guarded(lambda: run(options, arguments))


def build_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.thin",
        description="Measure the service beside the decoder that it is built around.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    add_checkpoint(parser)
    parser.add_argument("--source-lang", default="de", metavar="LANG", help="default: %(default)s")
    parser.add_argument("--target-lang", default="en", metavar="LANG", help="default: %(default)s")
    parser.add_argument(
        "--input", type=Path, metavar="FILE", help="one sentence a line (default: made of the built-in ones)"
    )
    parser.add_argument(
        "--sentences", type=whole, default=800, metavar="N", help="of a load (default: %(default)s)"
    )
    parser.add_argument(
        "--threads", type=whole, default=1, metavar="N", help="of the decoder (default: %(default)s)"
    )
    parser.add_argument(
        "--processors",
        type=int,
        nargs="+",
        metavar="N",
        help="where the rounds are measured, but nothing else is done (default: where it was started)",
    )
    parser.add_argument("--rounds", type=whole, default=3, metavar="N", help="default: %(default)s")
    add_output(parser, "thin-CHECKPOINT-DATE.json")
    parser.set_defaults(device="cpu", precision="auto")
    return parser


def run(options: argparse.Namespace, arguments: Sequence[str]) -> None:
    """Measure.

    Raises:
        BenchmarkError: there are too few sentences, or the service fails.
        ModelError: the checkpoint cannot be used.
    """
    checkpoint = open_checkpoint(options)
    waiting = different_sentences(options, 2 * ROWS + 2 * options.rounds * options.sentences)
    origin = provenance(
        "benchmarks.thin", arguments, method=METHOD, checkpoint=CheckpointIdentity.of(checkpoint)
    )
    direction = options.source_lang, options.target_lang
    offline = OfflineDecoder(checkpoint, direction, ROWS)
    loads = (Load("single", 1, ROWS), Load("list", LIST, LIST_CONNECTIONS))
    pairs: list[Pair] = []
    settings = settings_of(os.environ, threads=str(options.threads))
    with started_service(options.checkpoint, settings) as service, progress(2 * options.rounds) as say:
        offline.measure(_take(waiting, ROWS))
        asyncio.run(measure_round(service, direction, Load("warm", 1, ROWS), _take(waiting, ROWS)))
        with on_processors(options.processors, service.pid, os.getpid()):
            for load in loads * options.rounds:
                sentences = _take(waiting, options.sentences)
                alone = offline.measure(sentences)
                one = asyncio.run(measure_round(service, direction, load, sentences))
                pairs.append(Pair(alone, one))
                say(pairs[-1].line())
    results = ThinResults.of(
        pairs,
        input=name_of(options.input, options.source_lang),
        settings=settings,
        parts=measure_parts(checkpoint, direction, sentences, offline.decode),
    )
    show_thin(results)
    path = options.output or ROOT / RESULTS / f"thin-{checkpoint.name}-{origin.date[:10]}.json"
    write_record(Record[ThinResults](provenance=origin, results=results), path)


def different_sentences(options: argparse.Namespace, count: int) -> Iterator[str]:
    """``count`` sentences, all different: lines of the input, or halves of the built-in ones put together."""
    known = dict.fromkeys(read_sentences(options.input, options.source_lang))
    found = list(known) if options.input else _spliced(list(known))
    if len(found) < count:
        raise BenchmarkError(
            f"{len(found)} different sentences, but {count} are needed; take fewer --sentences"
        )
    return iter(found[:count])


def _spliced(sentences: Sequence[str]) -> list[str]:
    """The first half of every sentence's words with the second half of every other one's, shuffled."""
    words = [sentence.split() for sentence in sentences]
    made = dict.fromkeys(
        " ".join([*one[: len(one) // 2], *other[len(other) // 2 :]]) for one in words for other in words
    )
    shuffled = list(made)
    random.Random(1).shuffle(shuffled)
    return shuffled


def _take(waiting: Iterator[str], count: int) -> list[str]:
    return [next(waiting) for _ in range(count)]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
