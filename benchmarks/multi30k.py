"""``python -m benchmarks.multi30k``: a checkpoint's scores on Multi30k, in the form of papers and cased."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from benchmarks.command import add_output, guarded, progress, whole
from benchmarks.multi30k_scores import METHOD, TEST, VALIDATION, Split, SplitScores
from benchmarks.record import RESULTS, ROOT, CheckpointIdentity, Record, provenance, write_record
from model.checkpoint import load_checkpoint
from model.cli.arguments import HelpFormatter, add_checkpoint, add_ensemble
from model.config import DecodingOptions, Frozen, ModelConfig, parse
from model.ensemble import ensemble
from model.evaluation import translate_texts
from model.training.corpus import parse_direction

_EPILOG = """\
example:
  python -m benchmarks.multi30k runs/multi30k-en-de/checkpoint --texts multi30k --direction en-de

The folder of --texts has val.XX and test_2016_flickr.XX for both languages, and the references in lower case
and tokenised under the same names in tok/.
"""


class Multi30kResults(Frozen):
    """Scores with what they were reached with.

    Attributes:
        parameters: of the network, or of each of the ensemble.
        training: what the checkpoint says of its training.
        ensemble: the other checkpoints that decoded with it.
    """

    direction: str
    model: ModelConfig
    parameters: int
    training: dict[str, Any]
    ensemble: tuple[CheckpointIdentity, ...]
    decoding: DecodingOptions
    splits: tuple[SplitScores, ...]


def main(arguments: Sequence[str]) -> int:
    """Translate, score, print a table and write the record; returns the exit status."""
    options = build_parser().parse_args(arguments)
    return guarded(lambda: run(options, arguments))


def build_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.multi30k",
        description="Score a checkpoint on Multi30k and write a record.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    add_checkpoint(parser)
    add_texts(parser)
    add_ensemble(parser)
    parser.add_argument("--beam-size", type=whole, default=5, metavar="N", help="hypotheses (default: 5)")
    parser.add_argument("--threads", type=whole, default=1, metavar="N", help="CPU threads (default: 1)")
    add_output(parser, "multi30k-SRC-TGT-DATE.json")
    return parser


def add_texts(parser: argparse.ArgumentParser) -> None:
    """Add the dataset's folder, and the direction."""
    parser.add_argument("--texts", type=Path, required=True, metavar="DIR", help="the dataset's folder")
    parser.add_argument("--direction", default="en-de", metavar="SRC-TGT", help="default: %(default)s")


def run(options: argparse.Namespace, arguments: Sequence[str]) -> None:
    """Score the validation and the test text.

    Raises:
        BenchmarkError: the dataset's files do not belong together, or the record cannot be written.
        ModelError: a checkpoint or a file cannot be used.
    """
    torch.set_num_threads(options.threads)
    languages = parse_direction(options.direction)
    splits = [Split.read(options.texts, name, *languages) for name in (VALIDATION, TEST)]
    checkpoint, *others = (load_checkpoint(path) for path in (options.checkpoint, *options.ensemble))
    for each in (checkpoint, *others):
        each.require_direction(*languages)
    identity = CheckpointIdentity.of(checkpoint)
    origin = provenance("benchmarks.multi30k", arguments, method=METHOD, checkpoint=identity)
    chosen = checkpoint.decoding.model_dump() | {"beam_size": options.beam_size, "n_best": 1}
    decoding = parse(DecodingOptions, chosen, "--beam-size")
    network = ensemble([checkpoint, *others])
    scores = []
    with progress(len(splits)) as say:
        for split in splits:
            texts = translate_texts(network, checkpoint.tokenizer, split.sources, languages[1], decoding)
            scores.append(split.score(texts))
            say(f"{split.name}: BLEU {scores[-1].published.bleu:.2f}")
    results = Multi30kResults(
        direction=options.direction,
        model=checkpoint.config.model,
        parameters=sum(parameter.numel() for parameter in checkpoint.model.parameters()),
        training=dict(checkpoint.config.training),
        ensemble=tuple(CheckpointIdentity.of(other) for other in others),
        decoding=decoding,
        splits=tuple(scores),
    )
    show(results)
    path = options.output or ROOT / RESULTS / f"multi30k-{options.direction}-{origin.date[:10]}.json"
    write_record(Record[Multi30kResults](provenance=origin, results=results), path)


def show(results: Multi30kResults) -> None:
    """Print the scores as a table."""
    table = Table("direction", "text", "BLEU as in papers", "cased BLEU", "cased chrF", "length ratio")
    for split in results.splits:
        published, cased = split.published, split.cased
        numbers = (published.bleu, cased.bleu, cased.chrf)
        cells = [f"{number:.2f}" for number in numbers]
        table.add_row(results.direction, split.split, *cells, f"{published.length_ratio:.3f}")
    Console().print(table)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
