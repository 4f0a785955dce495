"""The work of ``python -m model translate``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import BinaryIO

from model.cli.lines import open_input, open_output, read_blocks
from model.cli.progress import line_progress
from model.cli.setup import decoding_options, open_translator
from model.translation import Candidate, LineTranslation, LineTranslator

_ROWS_A_BLOCK = 16
"""A block holds this many batches, so that sentences of like length find together."""


def run_translate(args: argparse.Namespace) -> int:
    """Translate the input to the output, block by block."""
    opened = open_translator(args)
    translator = LineTranslator(
        model=opened.network,
        tokenizer=opened.checkpoint.tokenizer,
        target_language=args.target_lang,
        options=decoding_options(args, opened.checkpoint.decoding),
        rows=args.batch_rows,
        max_source_tokens=args.max_source_tokens,
        alignments=args.alignments,
    )
    with (
        open_input(args.input, sys.stdin.buffer) as source,
        open_output(args.output, sys.stdout.buffer, args.input) as output,
    ):
        _translate_stream(translator, args, source, output)
    return 0


def _translate_stream(
    translator: LineTranslator, args: argparse.Namespace, source: BinaryIO, output: BinaryIO
) -> None:
    name = str(args.input) if args.input else "standard input"
    max_lines = 1 if source.isatty() else args.batch_rows * _ROWS_A_BLOCK
    total = args.input.stat().st_size if args.input else None
    with line_progress(args.progress, total) as advance:
        for block in read_blocks(source, name, max_lines):
            for number, line in enumerate(translator.translate(block.lines), block.first):
                for row in rows(args, number, line):
                    output.write(row.encode("utf-8") + b"\n")
                for warning in _warnings(args, line):
                    print(f"warning: {name}: line {number}: {warning}", file=sys.stderr)
            output.flush()
            advance(len(block.lines), block.bytes)


def rows(args: argparse.Namespace, number: int, line: LineTranslation) -> Iterator[str]:
    """What is written for line ``number``: one row, or ``--n-best`` of them."""
    if args.json:
        yield json.dumps(_as_json(args, number, line), ensure_ascii=False)
        return
    ranked = args.n_best > 1
    for rank, candidate in enumerate(line.candidates[: args.n_best], 1):
        numbers = [str(number), str(rank)] if ranked else []
        scores = [f"{candidate.score:.6f}", f"{candidate.log_prob:.6f}"] if args.scores else []
        links = [" ".join(f"{i}-{j}" for i, j in candidate.alignment)] if args.alignments else []
        yield "\t".join([*numbers, *scores, candidate.text, *links])


def _as_json(args: argparse.Namespace, number: int, line: LineTranslation) -> dict[str, object]:
    translations = [_candidate_as_json(args, candidate) for candidate in line.candidates[: args.n_best]]
    return {"line": number, "parts": line.parts, "translations": translations}


def _candidate_as_json(args: argparse.Namespace, candidate: Candidate) -> dict[str, object]:
    described: dict[str, object] = {
        "text": candidate.text,
        "score": candidate.score,
        "log_prob": candidate.log_prob,
        "truncated": candidate.truncated,
    }
    if args.alignments:
        described["alignment"] = candidate.alignment
    return described


def _warnings(args: argparse.Namespace, line: LineTranslation) -> Iterator[str]:
    if line.parts > 1:
        yield f"over {args.max_source_tokens} tokens, translated in {line.parts} parts"
    if line.best.truncated:
        yield "the translation reached the length limit and may be incomplete"
