"""``python -m benchmarks.robustness``: what carelessly typed text does to translations."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
from rich.console import Console
from rich.table import Table

from benchmarks.command import Say, add_output, guarded, progress, whole
from benchmarks.errors import BenchmarkError
from benchmarks.faults import is_copy, loops, omits, usual_ratio
from benchmarks.noise import KINDS, noisy
from benchmarks.record import RESULTS, ROOT, CheckpointIdentity, Record, provenance, write_record
from benchmarks.server import running_service, settings_of
from benchmarks.texts import name_of, read_sentences
from model.checkpoint import read_config, read_manifest
from model.cli.arguments import HelpFormatter, add_checkpoint
from model.config import Frozen
from model.training.corpus import parse_direction

BATCH_TEXTS = 50
COLUMNS = ("flagged", "loops", "copies", "omissions")
TIMEOUT_SECONDS = 600.0
METHOD = (
    "Sentences are made into careless text of nine kinds, the same for the same seed, and translated by the "
    "service over HTTP twice: with second tries off, and on. Flags are the service's own. Loops (up to six "
    "words four times in a row), copies (the source's words in their order) and omissions (less than half of "
    "the letters that clean text of the direction has, relative to the source) are counted from the texts "
    "alone, whatever the service says."
)

_EPILOG = """\
example:
  python -m benchmarks.robustness checkpoints/to-english --direction de-en --input test.de --sentences 500
"""


class Counts(Frozen):
    """What was seen in the translations of one kind of text.

    Attributes:
        flagged: texts with a flag in any sentence.
        flags: texts with each flag.
        loops, copies, omissions: see ``benchmarks.faults``.
        confidence: the mean.
    """

    flagged: int
    flags: dict[str, int]
    loops: int
    copies: int
    omissions: int
    confidence: float


class KindResults(Frozen):
    """One kind of text, without second tries and with them."""

    kind: str
    texts: int
    changed: int
    before: Counts
    after: Counts


class RobustnessResults(Frozen):
    """All kinds, and what they were made of."""

    direction: str
    input: str
    sentences: int
    seed: int
    kinds: tuple[KindResults, ...]


class Translated(NamedTuple):
    """A text's translation, and what the service thinks of it."""

    text: str
    flags: frozenset[str]
    confidence: float


Answers = dict[str, list[Translated]]
"""By kind."""


def main(arguments: Sequence[str]) -> int:
    """Translate, count, print a table and write the record; returns the exit status."""
    options = build_parser().parse_args(arguments)
    return guarded(lambda: run(options, arguments))


def build_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.robustness",
        description="Count faults in the translations of careless text, with and without second tries.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    add_checkpoint(parser)
    parser.add_argument("--direction", required=True, metavar="SRC-TGT", help="such as de-en")
    parser.add_argument(
        "--input", type=Path, metavar="FILE", help="clean sentences, one a line (default: the built-in ones)"
    )
    parser.add_argument(
        "--sentences", type=whole, default=500, metavar="N", help="texts of each kind (default: 500)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the noise (default: 0)")
    parser.add_argument("--threads", type=whole, default=1, metavar="N", help="CPU threads (default: 1)")
    add_output(parser, "robustness-CHECKPOINT-DIRECTION-DATE.json")
    return parser


def run(options: argparse.Namespace, arguments: Sequence[str]) -> None:
    """Translate every kind of text with second tries off and on.

    Raises:
        BenchmarkError: a file cannot be used, or the service fails.
        ModelError: the checkpoint cannot be used.
    """
    languages = parse_direction(options.direction)
    manifest = read_manifest(options.checkpoint)
    config = read_config(options.checkpoint, manifest)
    name = config.name
    if languages not in config.directions:
        raise BenchmarkError(f"{name} does not translate {options.direction}")
    origin = provenance(
        "benchmarks.robustness",
        arguments,
        method=METHOD,
        checkpoint=CheckpointIdentity(name=name, digest=manifest.digest),
    )
    sentences = read_sentences(options.input, languages[0])
    texts = {kind: noisy(sentences, kind, options.sentences, options.seed) for kind in KINDS}
    with progress(2 * len(KINDS)) as say:
        before, after = (_translate(options, languages, texts, tries, say) for tries in ("false", "true"))
    results = RobustnessResults(
        direction=options.direction,
        input=name_of(options.input, languages[0]),
        sentences=options.sentences,
        seed=options.seed,
        kinds=tuple(compare(texts, before, after)),
    )
    show(results)
    file = f"robustness-{name}-{options.direction}-{origin.date[:10]}.json"
    path = options.output or ROOT / RESULTS / file
    write_record(Record[RobustnessResults](provenance=origin, results=results), path)


def compare(texts: dict[str, list[str]], before: Answers, after: Answers) -> Iterator[KindResults]:
    """The results of every kind of text."""
    usual = usual_ratio(texts["clean"], [one.text for one in before["clean"]])
    for kind, sources in texts.items():
        first, second = before[kind], after[kind]
        yield KindResults(
            kind=kind,
            texts=len(sources),
            changed=sum(one.text != other.text for one, other in zip(first, second, strict=True)),
            before=_count(sources, first, usual),
            after=_count(sources, second, usual),
        )


def _count(sources: Sequence[str], translated: Sequence[Translated], usual: float) -> Counts:
    pairs = [(source, one.text) for source, one in zip(sources, translated, strict=True)]
    flags = Counter(flag for one in translated for flag in one.flags)
    return Counts(
        flagged=sum(bool(one.flags) for one in translated),
        flags=dict(sorted(flags.items())),
        loops=sum(loops(*pair) for pair in pairs),
        copies=sum(is_copy(*pair) for pair in pairs),
        omissions=sum(omits(*pair, usual) for pair in pairs),
        confidence=round(sum(one.confidence for one in translated) / len(translated), 4),
    )


def _translate(
    options: argparse.Namespace,
    languages: tuple[str, str],
    texts: dict[str, list[str]],
    tries: str,
    say: Say,
) -> Answers:
    settings = settings_of(os.environ, threads=str(options.threads), second_tries=tries, log_level="warning")
    answers: Answers = {}
    with _client(options.checkpoint, settings) as client:
        for kind, sources in texts.items():
            answers[kind] = []
            for start in range(0, len(sources), BATCH_TEXTS):
                answers[kind] += _ask(client, sources[start : start + BATCH_TEXTS], languages)
            say(f"{kind}, second tries {'on' if tries == 'true' else 'off'}")
    return answers


@contextmanager
def _client(checkpoint: Path, settings: dict[str, str]) -> Iterator[httpx.Client]:
    with (
        running_service(checkpoint, settings) as url,
        httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS, trust_env=False) as client,
    ):
        yield client


def _ask(client: httpx.Client, texts: Sequence[str], languages: tuple[str, str]) -> Iterator[Translated]:
    source, target = languages
    body = {"q": list(texts), "source": source, "target": target, "details": True, "deadline_ms": 600_000}
    response = client.post("/translate", json=body)
    if not response.is_success:
        raise BenchmarkError(f"the service answers {response.status_code}")
    answer = response.json()
    members = (answer[name] for name in ("translatedText", "sentences", "confidence"))
    for text, sentences, confidence in zip(*members, strict=True):
        yield Translated(text, frozenset(flag for one in sentences for flag in one["flags"]), confidence)


def show(results: RobustnessResults) -> None:
    """Print the shares as a table: before second tries, and after."""
    table = Table("kind", *(f"{name} %" for name in COLUMNS), "confidence", "changed %")
    for one in results.kinds:
        pairs = [(getattr(one.before, name), getattr(one.after, name)) for name in COLUMNS]
        cells = [f"{100 * first / one.texts:.1f} → {100 * second / one.texts:.1f}" for first, second in pairs]
        confidence = f"{one.before.confidence:.2f} → {one.after.confidence:.2f}"
        table.add_row(one.kind, *cells, confidence, f"{100 * one.changed / one.texts:.1f}")
    Console().print(table)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
