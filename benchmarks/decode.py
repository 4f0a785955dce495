"""``python -m benchmarks.decode``: how fast a checkpoint translates, without the service around it."""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from benchmarks.command import add_languages, add_text, guarded, progress, whole
from benchmarks.decoder import METHOD, DecodeBenchmark, DecodeResults
from benchmarks.record import CheckpointIdentity, Record, provenance
from benchmarks.summary import Spread
from benchmarks.tables import show_decode
from benchmarks.texts import name_of, read_sentences
from model.checkpoint import Checkpoint
from model.cli.arguments import HelpFormatter, add_checkpoint
from model.cli.setup import open_checkpoint
from model.inference import DecodingPrecision, decoding_network, precision_of

_EPILOG = """\
examples:
  python -m benchmarks.decode checkpoints/to-english --source-lang de --target-lang en
  python -m benchmarks.decode checkpoints/to-english --source-lang de --target-lang en \\
      --batch 1 8 32 64 --beam-size 1 5 --json > decode.json

Every combination of --batch and --beam-size is measured. benchmarks/README.md explains the numbers.
"""


@dataclass(frozen=True, slots=True)
class DecodePlan:
    """What is to be measured.

    Attributes:
        source, target: languages.
        sentences: in the source language.
        input: what to call them.
        batches: sentences decoded at a time.
        beam_sizes: hypotheses of each.
        repeats: timed passes of each combination.
        precision: what to decode in; the checkpoint is loaded for it.
    """

    source: str
    target: str
    sentences: Sequence[str]
    input: str
    batches: Sequence[int] = (1, 8, 32)
    beam_sizes: Sequence[int] = (1, 5)
    repeats: int = 5
    precision: DecodingPrecision = "float32"


def main(arguments: Sequence[str]) -> int:
    """Measure, and print a table or JSON; returns the exit status."""
    options = build_parser().parse_args(arguments)
    return guarded(lambda: _run(options, arguments))


def build_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.decode",
        description="Measure how fast a checkpoint translates, without the service around it.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    add_checkpoint(parser)
    add_languages(parser)
    add_text(parser)
    parser.add_argument(
        "--batch",
        type=whole,
        nargs="+",
        default=[1, 8, 32],
        metavar="N",
        help="sentences decoded at a time (default: 1 8 32)",
    )
    parser.add_argument(
        "--beam-size",
        type=whole,
        nargs="+",
        default=[1, 5],
        metavar="N",
        help="hypotheses a sentence; 1: greedy search (default: 1 5)",
    )
    parser.add_argument(
        "--repeats", type=whole, default=5, metavar="N", help="timed passes (default: %(default)s)"
    )
    add_machine(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    return parser


def add_machine(parser: argparse.ArgumentParser) -> None:
    """Add where to compute, and in what."""
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="cpu", help="default: %(default)s"
    )
    parser.add_argument(
        "--precision",
        choices=("auto", "int8", "float32", "bfloat16"),
        default="auto",
        help="auto: as the service, int8 where it can be had, else float32 (default: %(default)s)",
    )
    parser.add_argument(
        "--threads", type=whole, default=1, metavar="N", help="CPU threads (default: %(default)s)"
    )


def measure(checkpoint: Checkpoint, plan: DecodePlan) -> DecodeResults:
    """Measure every combination of batch size and beam in ``plan``.

    Raises:
        ConfigError: a beam size is not accepted.
    """
    network = decoding_network(checkpoint.model, plan.precision, checkpoint.shortlists)
    benchmark = DecodeBenchmark(checkpoint, network, plan.sentences, plan.target, repeats=plan.repeats)
    combinations = list(itertools.product(plan.batches, plan.beam_sizes))
    with progress(len(combinations)) as say:
        cells = tuple(benchmark.measure(batch, beam, say) for batch, beam in combinations)
    return DecodeResults(
        source_lang=plan.source,
        target_lang=plan.target,
        input=plan.input,
        source_tokens=benchmark.source_tokens,
        device=checkpoint.model.device.type,
        precision=precision_of(network),
        threads=torch.get_num_threads(),
        repeats=plan.repeats,
        reference_ms=Spread.of([1000.0 * seconds for seconds in benchmark.reference_seconds]),
        cells=cells,
    )


def _run(options: argparse.Namespace, arguments: Sequence[str]) -> None:
    checkpoint = open_checkpoint(options)
    plan = DecodePlan(
        source=options.source_lang,
        target=options.target_lang,
        sentences=read_sentences(options.input, options.source_lang, options.limit),
        input=name_of(options.input, options.source_lang),
        batches=options.batch,
        beam_sizes=options.beam_size,
        repeats=options.repeats,
        precision=options.precision,
    )
    origin = provenance(
        "benchmarks.decode",
        arguments,
        method=METHOD,
        checkpoint=CheckpointIdentity.of(checkpoint),
        device=checkpoint.model.device,
    )
    results = measure(checkpoint, plan)
    if options.json:
        print(Record[DecodeResults](provenance=origin, results=results).model_dump_json(indent=2))
    else:
        show_decode(results)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
