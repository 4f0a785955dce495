"""``python -m benchmarks.glossary``: what demanding terms does to translations, and what it costs."""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from benchmarks.command import add_output, guarded, progress, whole
from benchmarks.lexicon import Lexicon
from benchmarks.record import RESULTS, ROOT, CheckpointIdentity, Record, provenance, write_record
from model.checkpoint import Checkpoint, load_checkpoint
from model.cli.arguments import HelpFormatter, add_checkpoint
from model.cli.run_evaluate import read_test_set
from model.config import DecodingOptions, Frozen
from model.decoding import CONTROL_IDS, Job, RunningBatch
from model.evaluation import corpus_scores
from model.inference import decoding_network, precision_of, trained_dtype
from model.training.corpus import parse_direction
from model.word_boundaries import word_boundaries
from service.text.glossary import Entry, Glossary
from service.text.terms import TermFinder

ROWS = 64
TERMS_PER_SENTENCE = 2
MADE_UP = (
    "Quarvex",
    "Belltrope Hall",
    "zenith unit",
    "Morlandia",
    "blue ledger",
    "Tarnwick Gate",
    "octave plan",
    "Fennimore",
)
METHOD = (
    "Of the test set, the first sentences that have a word with a counterpart in their reference (by Dice's "
    "coefficient of words in the training text) are translated, once without terms and once with one or two "
    "each. Agreeing terms are the reference's own words; made-up ones replace these, in the reference too, "
    "by words that the network has no reason to write. A term counts as present where the translation has it "
    "as whole words, spelt as it is but for a capital at the beginning of the sentence. BLEU elsewhere is "
    "that of translations and references without the terms. Sentences a second of processor time are those "
    "of one process that decodes up to 64 at once, in the same run; a tenth: every tenth sentence has terms."
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A sentence, its reference, and the terms that its translation must hold."""

    source: str
    reference: str
    terms: tuple[Entry, ...]


class Outcome(Frozen):
    """What became of the sentences of one kind of terms."""

    terms: int
    present_without: float
    present_with: float
    bleu_without: float
    bleu_with: float
    bleu_elsewhere_without: float
    bleu_elsewhere_with: float
    brevity_without: float
    brevity_with: float


class Speed(Frozen):
    """Sentences a second of processor time."""

    without: float
    a_tenth: float
    all_with: float


class GlossaryResults(Frozen):
    """All of it."""

    direction: str
    sentences: int
    precision: str
    decoding: DecodingOptions
    agreeing: Outcome
    made_up: Outcome
    speed: Speed


class Bench:
    """Translates samples with one checkpoint.

    Args:
        checkpoint: for both directions.
        target: the language to translate into.
        precision: to compute in.
    """

    def __init__(self, checkpoint: Checkpoint, target: str, precision: Any) -> None:
        tokenizer = checkpoint.tokenizer
        network = decoding_network(checkpoint.model, precision)
        self.precision = precision_of(network)
        self._tokenizer = tokenizer
        self._target = target
        forbidden = CONTROL_IDS | {tokenizer.tag(language) for language in tokenizer.languages}
        self._new_batch = partial(
            RunningBatch, network, forbidden=forbidden, boundaries=word_boundaries(tokenizer)
        )
        chosen = {**checkpoint.decoding.model_dump(), "beam_size": 5, "n_best": 1, "min_length": 1}
        self.options = DecodingOptions.model_validate(chosen)

    def translate(self, samples: Sequence[Sample]) -> tuple[list[str], float]:
        """The translations, and the seconds of processor time that they took."""
        jobs = [self._job(number, sample) for number, sample in enumerate(samples)]
        batch, texts = self._new_batch(), [""] * len(jobs)
        begin = time.process_time()
        while jobs or batch.rows:
            room = ROWS - batch.rows
            batch.join(jobs[:room])
            jobs = jobs[room:]
            for done in batch.step():
                texts[done.id] = self._tokenizer.decode(done.translation.best.tokens)
        return texts, time.process_time() - begin

    def _job(self, number: int, sample: Sample) -> Job:
        source = tuple(self._tokenizer.source_ids(sample.source, self._target))
        terms = TermFinder(Glossary(sample.terms), self._tokenizer).find(sample.source)
        return Job(number, source, self.options, terms=terms)


def choose_samples(
    lexicon: Lexicon, texts: Sequence[str], references: Sequence[str], count: int
) -> list[Sample]:
    """The first ``count`` sentences that have terms."""
    samples: list[Sample] = []
    for source, reference in zip(texts, references, strict=True):
        pairs = list(lexicon.terms(source, reference))[:TERMS_PER_SENTENCE]
        if pairs and len(samples) < count:
            samples.append(Sample(source, reference, tuple(Entry(*pair) for pair in pairs)))
    return samples


def made_up(samples: Sequence[Sample]) -> list[Sample]:
    """The same with words that no network expects, in terms and references."""
    return [_made_up(number, sample) for number, sample in enumerate(samples)]


def _made_up(number: int, sample: Sample) -> Sample:
    reference, entries = sample.reference, []
    for place, entry in enumerate(sample.terms):
        target = MADE_UP[(number + place) % len(MADE_UP)]
        reference = _occurrence(entry.target).sub(target, reference, count=1)
        entries.append(Entry(entry.source, target))
    return Sample(sample.source, reference, tuple(entries))


def without_terms(sample: Sample) -> Sample:
    """``sample`` with nothing demanded."""
    return Sample(sample.source, sample.reference, ())


def measure(
    bench: Bench, samples: Sequence[Sample], without: Sequence[str], target: str
) -> tuple[Outcome, float]:
    """What the terms of ``samples`` do, and the seconds of processor time that it took.

    Args:
        bench: translates.
        samples: with terms.
        without: their translations without terms.
        target: the language of the translations.
    """
    translations, seconds = bench.translate(samples)
    references = [sample.reference for sample in samples]
    scores = [corpus_scores(texts, references, target) for texts in (without, translations)]
    rest = [_cut(sample.reference, sample) for sample in samples]
    elsewhere = [
        corpus_scores([_cut(text, one) for text, one in zip(texts, samples, strict=True)], rest, target).bleu
        for texts in (without, translations)
    ]
    return Outcome(
        terms=sum(len(sample.terms) for sample in samples),
        present_without=round(present(without, samples), 4),
        present_with=round(present(translations, samples), 4),
        bleu_without=round(scores[0].bleu, 2),
        bleu_with=round(scores[1].bleu, 2),
        bleu_elsewhere_without=round(elsewhere[0], 2),
        bleu_elsewhere_with=round(elsewhere[1], 2),
        brevity_without=round(scores[0].length_ratio, 3),
        brevity_with=round(scores[1].length_ratio, 3),
    ), seconds


def present(texts: Sequence[str], samples: Sequence[Sample]) -> float:
    """The share of the terms that the translations have."""
    found = [
        _occurrence(term.target).search(text) is not None
        for text, sample in zip(texts, samples, strict=True)
        for term in sample.terms
    ]
    return sum(found) / len(found)


def _occurrence(term: str) -> re.Pattern[str]:
    first = f"[{re.escape(term[0])}{re.escape(term[0].upper())}]"
    return re.compile(rf"(?<!\w){first}{re.escape(term[1:])}(?!\w)")


def _cut(text: str, sample: Sample) -> str:
    for term in sample.terms:
        text = _occurrence(term.target).sub("", text, count=1)
    return " ".join(text.split())


def main(arguments: Sequence[str]) -> int:
    """Translate, compare, print a table and write the record; returns the exit status."""
    options = build_parser().parse_args(arguments)
    return guarded(lambda: run(options, arguments))


def build_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.glossary",
        description="Measure what demanding terms does to translations, and write a record.",
        formatter_class=HelpFormatter,
    )
    add_checkpoint(parser)
    parser.add_argument("--direction", default="de-en", metavar="SRC-TGT", help="(default: de-en)")
    for name, what in (("test", "test"), ("train", "training text, for finding terms")):
        help_text = f"the two aligned files of the {what}"
        parser.add_argument(f"--{name}", nargs=2, required=True, metavar=("SOURCE", "TARGET"), help=help_text)
    parser.add_argument("--sentences", type=whole, default=500, metavar="N", help="(default: 500)")
    parser.add_argument("--precision", default="auto", help="as DRAGOMAN_PRECISION (default: auto)")
    parser.add_argument("--threads", type=whole, default=1, metavar="N", help="CPU threads (default: 1)")
    add_output(parser, "glossary-CHECKPOINT-DATE.json")
    return parser


def run(options: argparse.Namespace, arguments: Sequence[str]) -> None:
    """Measure.

    Raises:
        BenchmarkError: the record cannot be written.
        ModelError: the checkpoint or a file cannot be used.
    """
    torch.set_num_threads(options.threads)
    checkpoint = load_checkpoint(options.checkpoint, dtype=trained_dtype(options.precision))
    identity = CheckpointIdentity.of(checkpoint)
    origin = provenance("benchmarks.glossary", arguments, method=METHOD, checkpoint=identity)
    target = parse_direction(options.direction)[1]
    lexicon = Lexicon.count(*read_test_set(*map(Path, options.train)))
    samples = choose_samples(lexicon, *read_test_set(*map(Path, options.test)), options.sentences)
    bench = Bench(checkpoint, target, options.precision)
    plain = [without_terms(sample) for sample in samples]
    with progress(4) as say:
        without, seconds = bench.translate(plain)
        say("without terms")
        agreeing, seconds_with = measure(bench, samples, without, target)
        say("agreeing terms")
        foreign, _ = measure(bench, made_up(samples), without, target)
        say("made-up terms")
        few = [sample if number % 10 == 0 else plain[number] for number, sample in enumerate(samples)]
        _, seconds_few = bench.translate(few)
        say("a tenth")
    results = GlossaryResults(
        direction=options.direction,
        sentences=len(samples),
        precision=bench.precision,
        decoding=bench.options,
        agreeing=agreeing,
        made_up=foreign,
        speed=Speed(
            without=round(len(samples) / seconds, 1),
            a_tenth=round(len(samples) / seconds_few, 1),
            all_with=round(len(samples) / seconds_with, 1),
        ),
    )
    show(results)
    name = f"glossary-{checkpoint.name}-{origin.date[:10]}.json"
    record = Record[GlossaryResults](provenance=origin, results=results)
    write_record(record, options.output or ROOT / RESULTS / name)


def show(results: GlossaryResults) -> None:
    """Print the results as tables."""
    table = Table("terms", "number", "present", "BLEU", "BLEU elsewhere", "length ratio")
    for name, one in (("agreeing", results.agreeing), ("made up", results.made_up)):
        table.add_row(
            name,
            str(one.terms),
            f"{one.present_without:.1%} → {one.present_with:.1%}",
            f"{one.bleu_without:.2f} → {one.bleu_with:.2f}",
            f"{one.bleu_elsewhere_without:.2f} → {one.bleu_elsewhere_with:.2f}",
            f"{one.brevity_without:.3f} → {one.brevity_with:.3f}",
        )
    Console().print(table)
    speed = results.speed
    Console().print(
        f"sentences a CPU second: {speed.without} without terms, {speed.a_tenth} with some in a tenth, "
        f"{speed.all_with} with some in all"
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
