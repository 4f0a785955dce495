"""``python -m benchmarks.shortlists``: what a checkpoint's shortlists change, and what they save."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from benchmarks.command import add_output, add_tests, guarded, progress, whole
from benchmarks.errors import BenchmarkError
from benchmarks.record import RESULTS, ROOT, CheckpointIdentity, Record, provenance, write_record
from model.checkpoint import Checkpoint, load_checkpoint
from model.cli.arguments import HelpFormatter, add_checkpoint
from model.cli.run_evaluate import read_test_set
from model.config import DecodingOptions, Frozen
from model.evaluation import comparable, corpus_scores, translate_texts
from model.inference import decoding_network
from model.interface import Seq2Seq
from model.training.corpus import parse_direction, sha256
from model.training.prepared import PreparedCorpus
from model.training.target_words import target_words

METHOD = (
    "Every line of the source file is translated in int8 by beam search with the checkpoint's own penalties, "
    "once choosing from the whole vocabulary and once from the pieces of the target language, whose "
    "normaliser is completed by an estimate of the others. Equal: the same text. BLEU: sacreBLEU, cased and "
    "detokenised, against one reference. Seconds are of processor time for all lines, tokenising included, "
    "--rounds times in turn, the least of each."
)

_EPILOG = """\
examples:
  python -m benchmarks.shortlists checkpoints/to-english \\
      --test de-en test.de test.en --test fr-en test.fr test.en --data prepared

Without --data the checkpoint must store shortlists, as python -m model narrow --write makes it.
"""


class ShortlistScores(Frozen):
    """One direction; the files by name and content, as they are not in the repository.

    Attributes:
        pieces: of the vocabulary that the target language uses.
        equal: sentences translated alike with and without.
        bleu: with the shortlist; ``bleu_whole`` without.
        seconds: with the shortlist; ``seconds_whole`` without.
    """

    direction: str
    source: str
    source_sha256: str
    reference: str
    reference_sha256: str
    pieces: int
    vocabulary: int
    sentences: int
    equal: int
    bleu: float
    bleu_whole: float
    seconds: float
    seconds_whole: float

    @property
    def equal_share(self) -> float:
        """Of the sentences, from 0 to 1."""
        return self.equal / self.sentences


class ShortlistResults(Frozen):
    """All directions, with the options that all were decoded with."""

    decoding: DecodingOptions
    rounds: int
    directions: tuple[ShortlistScores, ...]


class Comparison:
    """Translates with and without shortlists.

    Args:
        checkpoint: the network.
        shortlists: tokens by the tag of their target language.
        decoding: how to decode.
        rounds: timed passes of each.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        shortlists: Mapping[int, Collection[int]],
        decoding: DecodingOptions,
        rounds: int,
    ) -> None:
        self._checkpoint = checkpoint
        self._shortlists = shortlists
        self._decoding = decoding
        self._rounds = rounds
        self._short = decoding_network(checkpoint.model, "int8", shortlists)
        self._whole = decoding_network(checkpoint.model, "int8")

    def measure(self, direction: str, source: Path, reference: Path) -> ShortlistScores:
        """Both ways on one test set.

        Raises:
            BenchmarkError: there is no shortlist for the target language.
            ModelError: a file cannot be used, or the checkpoint does not have the direction.
        """
        languages = parse_direction(direction)
        self._checkpoint.require_direction(*languages)
        tokenizer, target = self._checkpoint.tokenizer, languages[1]
        pieces = self._shortlists.get(tokenizer.tag(target))
        if pieces is None:
            raise BenchmarkError(f"{direction}: no shortlist for {target}: give --data, or run model narrow")
        texts, references = read_test_set(source, reference)
        seconds: dict[bool, float] = {}
        found: dict[bool, list[str]] = {}
        for _ in range(self._rounds):
            for short, network in ((True, self._short), (False, self._whole)):
                found[short], spent = self._translate(network, texts, target)
                seconds[short] = min(spent, seconds.get(short, spent))
        expected = comparable(references, tokenizer)
        return ShortlistScores(
            direction=direction,
            source=source.name,
            source_sha256=sha256(source),
            reference=reference.name,
            reference_sha256=sha256(reference),
            pieces=len(pieces),
            vocabulary=tokenizer.vocabulary_size,
            sentences=len(texts),
            equal=sum(one == other for one, other in zip(found[True], found[False], strict=True)),
            bleu=round(corpus_scores(found[True], expected, target).bleu, 2),
            bleu_whole=round(corpus_scores(found[False], expected, target).bleu, 2),
            seconds=round(seconds[True], 3),
            seconds_whole=round(seconds[False], 3),
        )

    def _translate(
        self, network: Seq2Seq[Any, Any], texts: Sequence[str], target: str
    ) -> tuple[list[str], float]:
        begin = time.process_time()
        found = translate_texts(network, self._checkpoint.tokenizer, texts, target, self._decoding)
        return found, time.process_time() - begin


def main(arguments: Sequence[str]) -> int:
    """Translate both ways, print a table and write the record; returns the exit status."""
    options = build_parser().parse_args(arguments)
    return guarded(lambda: run(options, arguments))


def build_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.shortlists",
        description="Compare translations with and without shortlists, and write a record.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    add_checkpoint(parser)
    add_tests(parser)
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="the prepared corpus to take shortlists from (default: those that the checkpoint stores)",
    )
    parser.add_argument("--beam-size", type=whole, default=5, metavar="N", help="hypotheses (default: 5)")
    parser.add_argument("--rounds", type=whole, default=2, metavar="N", help="timed passes (default: 2)")
    add_output(parser, "shortlists-CHECKPOINT-DATE.json")
    return parser


def run(options: argparse.Namespace, arguments: Sequence[str]) -> None:
    """Compare on every test set.

    Raises:
        BenchmarkError: there is no shortlist, or the record cannot be written.
        ModelError: the checkpoint or a file cannot be used.
    """
    torch.set_num_threads(1)
    checkpoint = load_checkpoint(options.checkpoint)
    identity = CheckpointIdentity.of(checkpoint)
    origin = provenance("benchmarks.shortlists", arguments, method=METHOD, checkpoint=identity)
    chosen = {**checkpoint.decoding.model_dump(), "beam_size": options.beam_size, "n_best": 1}
    decoding = DecodingOptions.model_validate(chosen)
    comparison = Comparison(checkpoint, find_shortlists(checkpoint, options.data), decoding, options.rounds)
    found = []
    with progress(len(options.test)) as say:
        for direction, source, reference in options.test:
            found.append(comparison.measure(direction, Path(source), Path(reference)))
            say(f"{direction}: {found[-1].equal_share:.2%} equal")
    results = ShortlistResults(decoding=decoding, rounds=options.rounds, directions=tuple(found))
    show(results)
    name = f"shortlists-{checkpoint.name}-{origin.date[:10]}.json"
    path = options.output or ROOT / RESULTS / name
    write_record(Record[ShortlistResults](provenance=origin, results=results), path)


def find_shortlists(checkpoint: Checkpoint, data: Path | None) -> Mapping[int, Collection[int]]:
    """Shortlists by the tag of their target language: the checkpoint's own, or those of a corpus.

    Raises:
        BenchmarkError: the corpus was prepared with another vocabulary.
        CorpusError: it cannot be read.
    """
    if data is None:
        return checkpoint.shortlists
    corpus = PreparedCorpus.load(data)
    if corpus.tokenizer.serialized != checkpoint.tokenizer.serialized:
        raise BenchmarkError(f"{data}: prepared with another vocabulary than that of {checkpoint.name}")
    return {checkpoint.tokenizer.tag(language): ids for language, ids in target_words(corpus).items()}


def show(results: ShortlistResults) -> None:
    """Print what was found as a table."""
    table = Table("direction", "pieces", "sentences", "equal", "BLEU", "BLEU, all pieces", "time saved")
    for each in results.directions:
        table.add_row(
            each.direction,
            f"{each.pieces:,} of {each.vocabulary:,}",
            str(each.sentences),
            f"{each.equal_share:.2%}",
            f"{each.bleu:.2f}",
            f"{each.bleu_whole:.2f}",
            f"{1 - each.seconds / each.seconds_whole:.0%}",
        )
    Console().print(table)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
