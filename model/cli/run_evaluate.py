"""The work of ``python -m model evaluate``."""

from __future__ import annotations

import argparse
import json
import shlex
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from rich.console import Console
from rich.table import Table

from model.cli.progress import line_progress
from model.cli.setup import Opened, decoding_options, open_translator
from model.config import DecodingOptions
from model.errors import CorpusError
from model.evaluation import Scores, comparable, corpus_scores
from model.training.corpus import ParallelText, Unreadable
from model.translation import LineTranslator

if TYPE_CHECKING:
    from model.rouge import RougeScores

_BLOCK_LINES = 1024
_ROUGE_NAMES = {"rouge1": "ROUGE-1", "rouge2": "ROUGE-2", "rouge_l": "ROUGE-L"}


@dataclass(frozen=True)
class Evaluation:
    """Scores, and all that is needed to get them again."""

    command: str
    opened: Opened
    options: DecodingOptions
    scores: Scores
    rouge: RougeScores | None
    sentences: int
    seconds: float

    @property
    def sentences_per_second(self) -> float:
        """Translating only: neither loading nor scoring."""
        return self.sentences / self.seconds


def run_evaluate(args: argparse.Namespace) -> int:
    """Translate, score, print."""
    sources, references = read_test_set(args.source, args.reference)
    opened = open_translator(args)
    references = comparable(references, opened.checkpoint.tokenizer)
    options = decoding_options(args, opened.checkpoint.decoding)
    started = time.perf_counter()
    translations = _translate(args, opened, options, sources)
    seconds = time.perf_counter() - started
    if args.output:
        text = "".join(f"{translation}\n" for translation in translations)
        args.output.write_text(text, encoding="utf-8", newline="\n")
    evaluation = Evaluation(
        command=shlex.join(["python", "-m", "model", *args.arguments]),
        opened=opened,
        options=options,
        scores=corpus_scores(translations, references, args.target_lang),
        rouge=_rouge(translations, references) if args.rouge else None,
        sentences=len(sources),
        seconds=seconds,
    )
    if args.json:
        print(json.dumps(_as_json(args, evaluation), indent=2, ensure_ascii=False))
    else:
        _print_table(args, evaluation)
    return 0


def read_test_set(source: Path, reference: Path) -> tuple[list[str], list[str]]:
    """The lines of two aligned files.

    Raises:
        CorpusError: a file is missing, empty or not UTF-8, or they differ in their number of lines; names
            the files and the numbers.
    """
    sources, references = [], []
    for number, pair in enumerate(ParallelText(("source", "reference"), (source, reference)).read(), 1):
        if isinstance(pair, Unreadable):
            raise CorpusError(f"{source} or {reference}: line {number} is {pair.value}")
        sources.append(pair[0])
        references.append(pair[1])
    return sources, references


def _translate(
    args: argparse.Namespace, opened: Opened, options: DecodingOptions, sources: list[str]
) -> list[str]:
    translator = LineTranslator(
        model=opened.network,
        tokenizer=opened.checkpoint.tokenizer,
        target_language=args.target_lang,
        options=options,
        rows=args.batch_rows,
        max_source_tokens=args.max_source_tokens,
    )
    translations: list[str] = []
    with line_progress(args.progress, len(sources)) as advance:
        for start in range(0, len(sources), _BLOCK_LINES):
            block = sources[start : start + _BLOCK_LINES]
            translations += [line.best.text for line in translator.translate(block)]
            advance(len(block), len(block))
    return translations


def _rouge(translations: list[str], references: list[str]) -> RougeScores:
    from model.rouge import rouge_scores  # noqa: PLC0415 - the library takes a second to import

    return rouge_scores(translations, references)


def _as_json(args: argparse.Namespace, evaluation: Evaluation) -> dict[str, object]:
    opened = evaluation.opened
    named = [{"name": each.name, "digest": each.digest} for each in (opened.checkpoint, *opened.others)]
    rouge = {"rouge": asdict(evaluation.rouge)} if evaluation.rouge else {}
    return {
        **asdict(evaluation.scores),
        **rouge,
        "sentences": evaluation.sentences,
        "seconds": round(evaluation.seconds, 3),
        "sentences_per_second": round(evaluation.sentences_per_second, 2),
        "source_language": args.source_lang,
        "target_language": args.target_lang,
        "command": evaluation.command,
        "checkpoint": named[0],
        "ensemble": named[1:],
        "decoding": evaluation.options.model_dump(mode="json"),
        "machine": {
            "device": str(opened.network.device),
            "precision": args.precision,
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
        },
    }


def _print_table(args: argparse.Namespace, evaluation: Evaluation) -> None:
    scores = evaluation.scores
    title = f"{evaluation.opened.name} {args.source_lang}→{args.target_lang}"
    table = Table(title=title, show_header=False)
    table.add_column("")
    table.add_column("", justify="right")
    table.add_row("BLEU", f"{scores.bleu:.2f}")
    table.add_row("chrF", f"{scores.chrf:.2f}")
    if evaluation.rouge:
        for name, score in asdict(evaluation.rouge).items():
            table.add_row(_ROUGE_NAMES[name], f"{score:.2f}")
    table.add_row("brevity penalty", f"{scores.brevity_penalty:.3f}")
    table.add_row("length ratio", f"{scores.length_ratio:.3f}")
    table.add_row("sentences", f"{evaluation.sentences:,}")
    table.add_row("sentences/s", f"{evaluation.sentences_per_second:.1f}")
    table.add_row("beam size", str(evaluation.options.beam_size))
    console = Console()
    console.print(table)
    for name, signature in (("BLEU", scores.bleu_signature), ("chrF", scores.chrf_signature)):
        console.print(f"{name}  {signature}", highlight=False, soft_wrap=True)
    for checkpoint in (evaluation.opened.checkpoint, *evaluation.opened.others):
        console.print(f"checkpoint  {checkpoint.digest}", highlight=False, soft_wrap=True)
