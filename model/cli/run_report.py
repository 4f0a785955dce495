"""The work of ``python -m model report``."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from model.checkpoint import Checkpoint
from model.cli.progress import Advance, line_progress
from model.cli.run_evaluate import read_test_set
from model.cli.run_inspect import examine
from model.cli.setup import decoding_options, open_checkpoints
from model.config import DecodingOptions
from model.evaluation import comparable
from model.plotting.attention import draw_attention
from model.plotting.matrix import translation_attention
from model.report.analysis import Analysis, TranslatedSet, analyse
from model.report.page import Page, Picture, Section, render_page
from model.training.corpus import parse_direction
from model.translation import LineTranslation, LineTranslator

_BLOCK_LINES = 256


class _Text(NamedTuple):
    """A test set as it was read."""

    source_language: str
    target_language: str
    files: tuple[str, str]
    sources: list[str]
    references: list[str]


def run_report(args: argparse.Namespace) -> int:
    """Translate every test set, score, draw, write the page."""
    texts = [_read(*test) for test in args.test]
    checkpoint, *others = open_checkpoints(args, [args.checkpoint, *([args.against] if args.against else [])])
    for each in (checkpoint, *others):
        for text in texts:
            each.require_direction(text.source_language, text.target_language)
    options = decoding_options(args, checkpoint.decoding)
    with line_progress(
        args.progress, sum(len(text.sources) for text in texts) * (1 + len(others))
    ) as advance:
        sections = [_section(args, text, checkpoint, options, others, advance) for text in texts]
    page = Page(
        name=checkpoint.name,
        other=_other_name(checkpoint, others),
        facts=_facts(checkpoint, options, others, args),
        sections=sections,
        card=examine(args.checkpoint).card,
        command=shlex.join(["python", "-m", "model", *args.arguments]),
    )
    args.output.write_text(render_page(page), encoding="utf-8", newline="\n")
    return 0


def _read(direction: str, source: str, reference: str) -> _Text:
    return _Text(
        *parse_direction(direction), (source, reference), *read_test_set(Path(source), Path(reference))
    )


def _section(
    args: argparse.Namespace,
    text: _Text,
    checkpoint: Checkpoint,
    options: DecodingOptions,
    others: Sequence[Checkpoint],
    advance: Advance,
) -> Section:
    lines = _translate(args, checkpoint, options, text, advance)
    compared = [
        _translate(args, other, decoding_options(args, other.decoding), text, advance) for other in others
    ]
    test = TranslatedSet(
        source_language=text.source_language,
        target_language=text.target_language,
        sources=text.sources,
        references=comparable(text.references, checkpoint.tokenizer),
        source_tokens=[len(checkpoint.tokenizer.encode(source.strip())) for source in text.sources],
        translations=[line.best.text for line in lines],
        truncated=[line.best.truncated for line in lines],
        others=[line.best.text for line in compared[0]] if compared else None,
    )
    analysis = analyse(test, examples=args.examples)
    return Section(analysis, text.files, _pictures(args, checkpoint, options, analysis, lines))


def _translate(
    args: argparse.Namespace,
    checkpoint: Checkpoint,
    options: DecodingOptions,
    text: _Text,
    advance: Advance,
) -> list[LineTranslation]:
    translator = LineTranslator(
        model=checkpoint.model,
        tokenizer=checkpoint.tokenizer,
        target_language=text.target_language,
        options=options,
        rows=args.batch_rows,
        max_source_tokens=args.max_source_tokens,
    )
    translated: list[LineTranslation] = []
    for start in range(0, len(text.sources), _BLOCK_LINES):
        block = text.sources[start : start + _BLOCK_LINES]
        translated += translator.translate(block)
        advance(len(block), len(block))
    return translated


def _pictures(
    args: argparse.Namespace,
    checkpoint: Checkpoint,
    options: DecodingOptions,
    analysis: Analysis,
    lines: Sequence[LineTranslation],
) -> list[Picture]:
    """Of the first random examples that were translated in one part; none without attention."""
    if checkpoint.config.model.attention == "none":
        return []
    whole = [example for example in analysis.random if lines[example.line - 1].parts == 1]
    return [
        Picture(
            example.line,
            draw_attention(
                translation_attention(
                    checkpoint,
                    example.source,
                    analysis.test.target_language,
                    options,
                    max_source_tokens=args.max_source_tokens,
                ).by_piece(),
                "svg",
            ),
        )
        for example in whole[: max(args.pictures, 0)]
    ]


def _other_name(checkpoint: Checkpoint, others: Sequence[Checkpoint]) -> str | None:
    """What the columns call it: checkpoints of two runs often have one name."""
    if not others:
        return None
    other = others[0]
    return f"{other.name} {other.digest[:8]}" if other.name == checkpoint.name else other.name


def _facts(
    checkpoint: Checkpoint, options: DecodingOptions, others: Sequence[Checkpoint], args: argparse.Namespace
) -> dict[str, str]:
    model = checkpoint.config.model.model_dump(mode="json")
    facts = {
        "digest": checkpoint.digest,
        "directions": ", ".join(f"{one}→{other}" for one, other in checkpoint.directions),
        "parameters": f"{sum(weight.numel() for weight in checkpoint.model.parameters()):,}",
        "network": ", ".join(f"{name} {value}" for name, value in model.items()),
        "decoding": _describe(options),
    }
    for other in others:
        decoding = _describe(decoding_options(args, other.decoding))
        facts["against"] = f"{other.name}, digest {other.digest}; {decoding}"
    return facts


def _describe(options: DecodingOptions) -> str:
    """The settings that matter most, and those that are not the usual ones."""
    usual = DecodingOptions().model_dump(mode="json")
    return ", ".join(
        f"{name} {value}"
        for name, value in options.model_dump(mode="json").items()
        if name in ("beam_size", "length_penalty", "coverage_penalty") or value != usual[name]
    )
