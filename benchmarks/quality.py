"""``python -m benchmarks.quality``: a checkpoint's scores on test sets, with a record of their origin."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from benchmarks.command import add_output, add_tests, guarded, progress, whole
from benchmarks.record import RESULTS, ROOT, CheckpointIdentity, Record, provenance, write_record
from model.checkpoint import Checkpoint, load_checkpoint
from model.cli.arguments import HelpFormatter, add_checkpoint
from model.cli.run_evaluate import read_test_set
from model.config import DecodingOptions, Frozen
from model.evaluation import comparable, corpus_scores, translate_texts
from model.inference import decoding_network
from model.interface import Seq2Seq
from model.training.corpus import parse_direction, sha256

METHOD = (
    "Every line of the source file is translated by beam search, in the precision named, with the "
    "checkpoint's own length and coverage penalty, and compared with its one reference by sacreBLEU: cased "
    "and detokenised BLEU and chrF2, as the signatures say. References in Traditional Chinese are turned "
    "into Simplified, character by character, where the checkpoint writes that."
)

_EPILOG = """\
example:
  python -m benchmarks.quality checkpoints/to-english \\
      --test de-en test.de test.en --test fr-en test.fr test.en
"""


class TestScores(Frozen):
    """One test set; the files by name and content, as they are not in the repository."""

    __test__ = False  # not a class of tests

    direction: str
    source: str
    source_sha256: str
    reference: str
    reference_sha256: str
    sentences: int
    bleu: float
    chrf: float
    brevity_penalty: float
    length_ratio: float
    bleu_signature: str
    chrf_signature: str


class QualityResults(Frozen):
    """All test sets, with the options that all were decoded with."""

    decoding: DecodingOptions
    precision: str
    tests: tuple[TestScores, ...]


def main(arguments: Sequence[str]) -> int:
    """Translate, score, print a table and write the record; returns the exit status."""
    options = build_parser().parse_args(arguments)
    return guarded(lambda: run(options, arguments))


def build_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.quality",
        description="Score a checkpoint on test sets and write a record.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    add_checkpoint(parser)
    add_tests(parser)
    parser.add_argument("--beam-size", type=whole, default=5, metavar="N", help="hypotheses (default: 5)")
    parser.add_argument(
        "--precision",
        choices=("float32", "int8"),
        default="float32",
        help="what to compute in; int8 is what the service takes where it can (default: %(default)s)",
    )
    parser.add_argument("--threads", type=whole, default=1, metavar="N", help="CPU threads (default: 1)")
    add_output(parser, "quality-CHECKPOINT-DATE.json")
    return parser


def run(options: argparse.Namespace, arguments: Sequence[str]) -> None:
    """Score every test set.

    Raises:
        BenchmarkError: the record cannot be written.
        ModelError: the checkpoint or a file cannot be used.
    """
    torch.set_num_threads(options.threads)
    checkpoint = load_checkpoint(options.checkpoint)
    identity = CheckpointIdentity.of(checkpoint)
    origin = provenance("benchmarks.quality", arguments, method=METHOD, checkpoint=identity)
    chosen = {**checkpoint.decoding.model_dump(), "beam_size": options.beam_size, "n_best": 1}
    decoding = DecodingOptions.model_validate(chosen)
    network = decoding_network(checkpoint.model, options.precision, checkpoint.shortlists)
    tests = []
    with progress(len(options.test)) as say:
        for direction, source, reference in options.test:
            tests.append(score(checkpoint, network, direction, Path(source), Path(reference), decoding))
            say(f"{direction}: BLEU {tests[-1].bleu:.2f}")
    results = QualityResults(decoding=decoding, precision=options.precision, tests=tuple(tests))
    show(results)
    name = f"quality-{checkpoint.name}-{origin.date[:10]}.json"
    path = options.output or ROOT / RESULTS / name
    write_record(Record[QualityResults](provenance=origin, results=results), path)


def score(
    checkpoint: Checkpoint,
    network: Seq2Seq[Any, Any],
    direction: str,
    source: Path,
    reference: Path,
    decoding: DecodingOptions,
) -> TestScores:
    """Scores of ``checkpoint``, whose decoder is ``network``, on one test set.

    Raises:
        ModelError: a file cannot be used, or the checkpoint does not have the direction.
    """
    languages = parse_direction(direction)
    checkpoint.require_direction(*languages)
    texts, references = read_test_set(source, reference)
    translations = translate_texts(network, checkpoint.tokenizer, texts, languages[1], decoding)
    scores = corpus_scores(translations, comparable(references, checkpoint.tokenizer), languages[1])
    return TestScores(
        direction=direction,
        source=source.name,
        source_sha256=sha256(source),
        reference=reference.name,
        reference_sha256=sha256(reference),
        sentences=len(texts),
        bleu=round(scores.bleu, 2),
        chrf=round(scores.chrf, 2),
        brevity_penalty=round(scores.brevity_penalty, 3),
        length_ratio=round(scores.length_ratio, 3),
        bleu_signature=scores.bleu_signature,
        chrf_signature=scores.chrf_signature,
    )


def show(results: QualityResults) -> None:
    """Print the scores as a table."""
    table = Table("direction", "test", "sentences", "BLEU", "chrF", "length ratio")
    for test in results.tests:
        numbers = (f"{test.bleu:.2f}", f"{test.chrf:.2f}", f"{test.length_ratio:.3f}")
        table.add_row(test.direction, test.source, str(test.sentences), *numbers)
    Console().print(table)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
