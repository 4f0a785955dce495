"""``python -m benchmarks.training``: how fast training is, beside OpenNMT-py on the same network."""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.command import guarded, progress, whole
from benchmarks.errors import BenchmarkError
from benchmarks.opennmt import VERSION, default_environment, ensure_environment
from benchmarks.record import RESULTS, ROOT, Record, provenance, write_record
from benchmarks.tables import show_training
from benchmarks.trainers import Dragoman, OpenNMT, Trainer, TrainingPlan, measure_round
from benchmarks.training_corpus import Pair, made_pairs, prepare_pairs, read_pairs, write_peer_files
from benchmarks.training_results import TrainerResult, TrainingRatio, TrainingResults, TrainingRound
from model.cli.arguments import HelpFormatter
from model.training.prepared import PreparedCorpus

_SEED = 1

METHOD = (
    "Every trainer runs by its own command in a process of its own, one after the other, the order reversed "
    "from round to round. All train the same token ids with a vocabulary of the same size, embeddings tied, "
    "Adam, dropout 0.3, label smoothing 0.1, in batches of sentences of like length with the same limit of "
    "padded tokens. Measured is the time between two lines of progress, the first after the warm-up, as read "
    "from the process; and the processor time that it used between them. Tokens are real target tokens, EOS "
    "included, without padding and BOS. A ratio is that of two trainers' tokens per second in the same round."
)

_EPILOG = f"""\
examples:
  python -m benchmarks.training
  python -m benchmarks.training --source train.de --target train.en --cpu 1 --rounds 5

The first run builds a virtual environment for OpenNMT-py {VERSION}, of about 1 GB, in a cache folder.
benchmarks/README.md explains the numbers.
"""


def main(arguments: Sequence[str]) -> int:
    """Measure, print tables and write the record; returns the exit status."""
    options = build_parser().parse_args(arguments)
    return guarded(lambda: run(options, arguments))


def build_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.training",
        description="Measure how fast training is, beside OpenNMT-py on the same network and text.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    text = parser.add_argument_group("text")
    for option, what in (("--source", "source"), ("--target", "target")):
        text.add_argument(
            option, type=Path, metavar="FILE", help=f"{what} sentences, one a line (default: made ones)"
        )
    counts = (
        ("--pairs", 20_000, "sentence pairs: made, or the first of the files"),
        ("--vocabulary-size", 6000, "token ids"),
        ("--width", 512, "of embeddings and hidden layers"),
        ("--layers", 2, "of the encoder and of the decoder"),
        ("--batch-tokens", 1664, "padded source and target tokens of a batch"),
        ("--threads", 1, "of each process"),
        ("--warmup", 10, "updates before the measured ones"),
        ("--updates", 20, "measured updates of a round"),
        ("--rounds", 3, "runs of each trainer"),
    )
    for option, default, what in counts:
        parser.add_argument(
            option, type=whole, default=default, metavar="N", help=f"{what} (default: %(default)s)"
        )
    parser.add_argument("--cpu", type=int, metavar="N", help="keep every process on this core (Linux)")
    parser.add_argument(
        "--environment", type=Path, metavar="DIR", help="OpenNMT-py's environment (default: in the cache)"
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help=f"the record (default: {RESULTS}/training-DATE.json)"
    )
    return parser


def run(options: argparse.Namespace, arguments: Sequence[str]) -> None:
    """Measure as ``options`` say.

    Raises:
        BenchmarkError: something cannot be measured.
        ModelError: the text cannot be prepared.
    """
    pairs = _pairs(options)
    origin = provenance("benchmarks.training", arguments, method=METHOD)
    environment = (options.environment or default_environment()).absolute()
    packages = ensure_environment(environment)
    _pin(options.cpu)
    plan = TrainingPlan(
        options.width, options.layers, options.batch_tokens, options.threads, options.warmup, options.updates
    )
    with tempfile.TemporaryDirectory(prefix="dragoman-training-") as temporary:
        folder = Path(temporary)
        corpus = prepare_pairs(pairs, folder, options.vocabulary_size)
        trainers = build_trainers(corpus, plan, environment, folder)
        measured = measure(trainers, plan, options.rounds, folder)
    results = TrainingResults(
        text=f"{options.source.name}, {options.target.name}"
        if options.source
        else "made from the built-in sentences",
        pairs=len(corpus.dataset),
        vocabulary_size=corpus.tokenizer.vocabulary_size,
        shape={"cell": "lstm", "attention": "general", "width": plan.width, "layers": plan.layers},
        batch_tokens=plan.batch_tokens,
        threads=plan.threads,
        cpu=options.cpu,
        warmup_updates=plan.warmup,
        packages=packages,
        trainers=measured,
        ratios=ratios(measured),
    )
    show_training(results)
    path = options.output or ROOT / RESULTS / f"training-{origin.date[:10]}.json"
    write_record(Record[TrainingResults](provenance=origin, results=results), path)


def build_trainers(
    corpus: PreparedCorpus, plan: TrainingPlan, environment: Path, folder: Path
) -> tuple[Trainer, ...]:
    """Ours in both precisions, and the peer with and without input feeding."""
    files = write_peer_files(corpus, folder / "ids")
    size, pairs = corpus.tokenizer.vocabulary_size, len(corpus.dataset)
    return (
        *(Dragoman(corpus, plan, precision) for precision in ("bfloat16", "float32")),
        *(OpenNMT(files, plan, environment, pairs, size, input_feed) for input_feed in (True, False)),
    )


def measure(
    trainers: Sequence[Trainer], plan: TrainingPlan, rounds: int, folder: Path
) -> tuple[TrainerResult, ...]:
    """Run every trainer ``rounds`` times, in turn.

    Raises:
        BenchmarkError: a trainer fails.
    """
    measured: list[list[TrainingRound]] = [[] for _ in trainers]
    sizes = [0] * len(trainers)
    with progress(rounds * len(trainers)) as say:
        for number in range(rounds):
            for index in turn(len(trainers), number):
                trainer = trainers[index]
                sizes[index], one = measure_round(trainer, plan, folder / f"round-{number}-{index}")
                measured[index].append(one)
                say(f"{trainer.name}, {trainer.precision}: {one.tokens_per_second:.0f} target tokens/s")
    return tuple(
        TrainerResult.of(trainer.name, trainer.precision, size, each)
        for trainer, size, each in zip(trainers, sizes, measured, strict=True)
    )


def turn(count: int, number: int) -> list[int]:
    """The order of round ``number``: forwards, then backwards, so that nobody is always first."""
    order = list(range(count))
    return order[::-1] if number % 2 else order


def ratios(measured: Sequence[TrainerResult]) -> tuple[TrainingRatio, ...]:
    """Each of ours by each of the peers."""
    ours = [result for result in measured if result.name == Dragoman.name]
    peers = [result for result in measured if result.name != Dragoman.name]
    return tuple(itertools.starmap(TrainingRatio.of, itertools.product(ours, peers)))


def _pairs(options: argparse.Namespace) -> list[Pair]:
    if (options.source is None) != (options.target is None):
        raise BenchmarkError("--source and --target go together")
    if options.source is None:
        return made_pairs(options.pairs, _SEED)
    return read_pairs(options.source, options.target, options.pairs)


def _pin(cpu: int | None) -> None:
    """Keep this process, and so those that it starts, on one core."""
    if cpu is None:
        return
    if not hasattr(os, "sched_setaffinity"):
        raise BenchmarkError("--cpu: this system cannot keep a process on a core")
    try:
        os.sched_setaffinity(0, {cpu})
    except (OSError, ValueError) as error:
        raise BenchmarkError(f"--cpu {cpu}: no such core here") from error


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
