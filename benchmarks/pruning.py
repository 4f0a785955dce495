"""``python -m benchmarks.pruning``: what pruning a checkpoint costs in BLEU, and saves in bytes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import safetensors.torch
import torch
from rich.console import Console
from rich.table import Table

from benchmarks.command import add_output, add_tests, guarded, progress, whole
from benchmarks.quality import TestScores, score
from benchmarks.record import RESULTS, ROOT, CheckpointIdentity, Record, provenance, write_record
from model.build import build_model
from model.checkpoint import Checkpoint, load_checkpoint
from model.checkpoint.sparse import without_zeros
from model.cli.arguments import HelpFormatter, add_checkpoint, share
from model.config import Frozen
from model.inference import DecodingPrecision, decoding_network
from model.pruning import prune, zero_share

METHOD = (
    "For each share, the weights of least magnitude over all matrices are set to zero, and nothing is "
    "trained after that; then come networks that were pruned and trained on. Each translates the test sets "
    "by beam search with its checkpoint's own penalties, in the precision named; sacreBLEU, cased and "
    "detokenised. Bytes are of the bfloat16 weights as a checkpoint stores them."
)

_EPILOG = """\
example:
  python -m benchmarks.pruning runs/de-en/checkpoint --shares 0 .4 .6 --trained-on runs/pruned/checkpoint \\
      --test de-en valid.de valid.en
"""


class Pruned(Frozen):
    """One network.

    Attributes:
        zeros: the share of zeros in its matrices.
        trained_on: whether it was trained after it was pruned.
        weights_bytes: the size of its weights as stored.
        tests: its scores.
    """

    zeros: float
    trained_on: bool
    weights_bytes: int
    tests: tuple[TestScores, ...]


class PruningResults(Frozen):
    """All networks, the whole one among them if it was asked for."""

    precision: str
    networks: tuple[Pruned, ...]


def main(arguments: Sequence[str]) -> int:
    """Prune, translate, score, print a table and write the record; returns the exit status."""
    options = build_parser().parse_args(arguments)
    return guarded(lambda: run(options, arguments))


def build_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pruning",
        description="Prune a checkpoint step by step, score each step and write a record.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    add_checkpoint(parser)
    add_tests(parser)
    parser.add_argument(
        "--shares",
        type=share,
        nargs="+",
        default=[0.0, 0.2, 0.4, 0.6, 0.8],
        metavar="X",
        help="of the weights (default: 0 0.2 0.4 0.6 0.8)",
    )
    parser.add_argument(
        "--trained-on",
        type=Path,
        nargs="+",
        default=[],
        metavar="CHECKPOINT",
        help="networks that were pruned and trained on with keep_zeros",
    )
    parser.add_argument("--precision", choices=("float32", "int8"), default="float32")
    parser.add_argument("--threads", type=whole, default=1, metavar="N", help="CPU threads (default: 1)")
    add_output(parser, "pruning-CHECKPOINT-DATE.json")
    return parser


def run(options: argparse.Namespace, arguments: Sequence[str]) -> None:
    """Score every network on every test set.

    Raises:
        BenchmarkError: the record cannot be written.
        ModelError: a checkpoint or a file cannot be used.
    """
    torch.set_num_threads(options.threads)
    checkpoint = load_checkpoint(options.checkpoint)
    identity = CheckpointIdentity.of(checkpoint)
    origin = provenance("benchmarks.pruning", arguments, method=METHOD, checkpoint=identity)
    networks = []
    with progress(len(options.shares) + len(options.trained_on)) as say:
        for candidate, trained_on in _candidates(checkpoint, options.shares, options.trained_on):
            networks.append(measure(candidate, options.test, options.precision, trained_on=trained_on))
            say(f"{networks[-1].zeros:.0%} zero: BLEU {networks[-1].tests[0].bleu:.2f}")
    results = PruningResults(precision=options.precision, networks=tuple(networks))
    show(results)
    path = options.output or ROOT / RESULTS / f"pruning-{checkpoint.name}-{origin.date[:10]}.json"
    write_record(Record[PruningResults](provenance=origin, results=results), path)


def measure(
    checkpoint: Checkpoint, tests: Sequence[Sequence[str]], precision: DecodingPrecision, *, trained_on: bool
) -> Pruned:
    """Score one network.

    Raises:
        ModelError: a file cannot be used, or the checkpoint does not have a direction.
    """
    weights = checkpoint.model.state_dict()
    stored = without_zeros({name: tensor.to(torch.bfloat16) for name, tensor in weights.items()})
    network = decoding_network(checkpoint.model, precision, checkpoint.shortlists)
    return Pruned(
        zeros=round(zero_share(weights.values()), 4),
        trained_on=trained_on,
        weights_bytes=len(safetensors.torch.save(stored)),
        tests=tuple(
            score(checkpoint, network, direction, Path(source), Path(reference), checkpoint.decoding)
            for direction, source, reference in tests
        ),
    )


def show(results: PruningResults) -> None:
    """Print the scores as a table."""
    directions = [f"BLEU {test.direction}" for test in results.networks[0].tests]
    table = Table("zeros", "", "weights", *directions)
    for network in results.networks:
        scores = (f"{test.bleu:.2f}" for test in network.tests)
        note = "trained on" if network.trained_on else ""
        table.add_row(f"{network.zeros:.0%}", note, f"{network.weights_bytes / 1e6:.1f} MB", *scores)
    Console().print(table)


def _candidates(
    checkpoint: Checkpoint, shares: Sequence[float], trained_on: Sequence[Path]
) -> Iterator[tuple[Checkpoint, bool]]:
    for part in shares:
        model = build_model(checkpoint.model.config)
        model.load_state_dict(prune(checkpoint.model.state_dict(), part))
        yield replace(checkpoint, model=model.eval().requires_grad_(False)), False
    for folder in trained_on:
        yield load_checkpoint(folder), True


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
