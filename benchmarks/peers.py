"""``python -m benchmarks.peers``: how fast we decode, beside other translators in the same minutes."""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.command import guarded, progress, whole
from benchmarks.environments import ctranslate2_environment
from benchmarks.opennmt import default_environment, ensure_environment, python_of
from benchmarks.peer_results import PeerCell, PeerPass, PeerResults, show_peers
from benchmarks.peer_worker import Worker
from benchmarks.record import RESULTS, ROOT, CheckpointIdentity, Record, provenance, write_record
from model.checkpoint import load_checkpoint
from model.cli.arguments import HelpFormatter

METHOD = (
    "Every translator runs in a process and an environment of its own, with one thread, and is loaded before "
    "anything is timed. All translate the same random word ids, of --length words each, and are made to "
    "give as many, so that none gains by saying less; what comes out means nothing. Rounds are interleaved: "
    "in each, every translator translates all sentences once for each combination of batch and beam, in "
    "turn. Measured are the wall time and the processor time of the translation itself, without "
    "tokenisation. A ratio is that of our sentences per second of processor time and a peer's in the same "
    "round; medians over the rounds."
)
OURS = "dragoman int8"

_EPILOG = """\
examples:
  python -m benchmarks.peers checkpoints/to-english
  python -m benchmarks.peers checkpoints/to-english --rounds 7 --cpu 0

The first run builds virtual environments for OpenNMT-py (about 1 GB) and CTranslate2 in a cache folder.
benchmarks/README.md explains the numbers.
"""


def main(arguments: Sequence[str]) -> int:
    """Measure, print a table and write the record; returns the exit status."""
    options = build_parser().parse_args(arguments)
    return guarded(lambda: run(options, arguments))


def build_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers",
        description="Measure how fast a checkpoint decodes, beside OpenNMT-py and CTranslate2.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="an LSTM checkpoint")
    counts = (
        ("--sentences", 64, "sentences of a pass"),
        ("--length", 14, "words of each source and translation"),
        ("--rounds", 5, "timed passes of each combination, after one that warms up"),
    )
    for option, default, what in counts:
        parser.add_argument(
            option, type=whole, default=default, metavar="N", help=f"{what} (default: %(default)s)"
        )
    for option, default_sizes in (("--batch", [32, 1]), ("--beam-size", [5, 1])):
        parser.add_argument(
            option, type=whole, nargs="+", default=default_sizes, metavar="N", help="(default: %(default)s)"
        )
    parser.add_argument("--cpu", type=int, metavar="N", help="keep every process on this core (Linux)")
    for peer in ("opennmt", "ctranslate2"):
        parser.add_argument(
            f"--{peer}-environment",
            type=Path,
            metavar="DIR",
            help="its virtual environment, built if missing",
        )
    parser.add_argument("--output", type=Path, metavar="FILE", help="where to write the record")
    return parser


def run(options: argparse.Namespace, arguments: Sequence[str]) -> None:
    """Measure what ``options`` say.

    Raises:
        BenchmarkError: an environment cannot be built, or a translator fails.
        CheckpointError: the checkpoint must not be loaded.
    """
    checkpoint = load_checkpoint(options.checkpoint)
    origin = provenance(
        "benchmarks.peers", arguments, method=METHOD, checkpoint=CheckpointIdentity.of(checkpoint)
    )
    if options.cpu is not None:
        os.sched_setaffinity(0, {options.cpu})
    workload = {
        "sentences": options.sentences,
        "length": options.length,
        "vocabulary": checkpoint.tokenizer.vocabulary_size,
    }
    with workers(options, workload) as translators:
        cells = measure(translators, options)
    results = PeerResults(
        sentences=options.sentences, length=options.length, vocabulary=workload["vocabulary"], cells=cells
    )
    show_peers(results, OURS)
    date = origin.date[:10]
    path = options.output or ROOT / RESULTS / f"peers-{checkpoint.name}-{date}.json"
    write_record(Record[PeerResults](provenance=origin, results=results), path)


@contextmanager
def workers(options: argparse.Namespace, workload: dict[str, int]) -> Iterator[list[Worker]]:
    """Every translator, loaded, and stopped at the end.

    Raises:
        BenchmarkError: an environment cannot be built, or a translator does not start.
    """
    opennmt = options.opennmt_environment or default_environment()
    ensure_environment(opennmt)
    ctranslate2 = ctranslate2_environment(options.ctranslate2_environment)
    checkpoint = str(options.checkpoint.resolve())
    named: list[tuple[str, Path, str, dict[str, int | str]]] = [
        (OURS, Path(sys.executable), "dragoman", {"checkpoint": checkpoint, "precision": "int8"}),
        ("dragoman float32", Path(sys.executable), "dragoman", {"checkpoint": checkpoint, "precision": "no"}),
        ("OpenNMT-py LSTM", python_of(opennmt), "opennmt", {"layers": 2, "width": 384, "input_feed": 1}),
    ]
    for layers, width in ((4, 128), (3, 256)):
        name = f"CTranslate2 int8 {layers}+{layers} x {width}"
        named.append((name, python_of(ctranslate2), "ctranslate2", {"layers": layers, "width": width}))
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        yield [
            stack.enter_context(Worker(name, python, module, {**workload, "options": each}, Path(folder)))
            for name, python, module, each in named
        ]


def measure(translators: Sequence[Worker], options: argparse.Namespace) -> tuple[PeerCell, ...]:
    """Time every translator in interleaved rounds."""
    combinations = list(itertools.product(options.batch, options.beam_size))
    passes: dict[tuple[str, int, int], list[PeerPass]] = {}
    with progress(1 + options.rounds) as say:
        for number in range(1 + options.rounds):
            for (batch, beam), each in itertools.product(combinations, translators):
                done = each.translate(batch, beam)
                if number:  # the first round warms up
                    passes.setdefault((each.name, batch, beam), []).append(done)
            say(f"round {number} of {options.rounds}")
    ours = {(batch, beam): passes[OURS, batch, beam] for batch, beam in combinations}
    return tuple(
        PeerCell.of(each, batch, beam, options.sentences, passes[each.name, batch, beam], ours[batch, beam])
        for batch, beam in combinations
        for each in translators
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
