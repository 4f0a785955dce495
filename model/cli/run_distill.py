"""The work of ``python -m model distill``."""

from __future__ import annotations

import argparse
import sys

from pydantic import JsonValue

from model.cli.progress import line_progress
from model.cli.setup import Opened, decoding_options, open_translator
from model.config import DecodingOptions
from model.errors import ConfigError
from model.training.corpus import sha256
from model.training.distillation import DistillOptions, distill
from model.translation import LineTranslator

_ROWS_A_BLOCK = 16
"""A block holds this many batches, so that sentences of like length find together."""


def run_distill(args: argparse.Namespace) -> int:
    """Translate, and say what was left out."""
    if args.n_best > 1 and not args.reference:
        raise ConfigError("--n-best is for choosing by a --reference; there is none")
    opened = open_translator(args)
    decoding = decoding_options(args, opened.checkpoint.decoding)
    translator = LineTranslator(
        model=opened.network,
        tokenizer=opened.checkpoint.tokenizer,
        target_language=args.target_lang,
        options=decoding,
        rows=args.batch_rows,
        max_source_tokens=args.max_source_tokens,
    )
    options = DistillOptions(
        languages=(args.source_lang, args.target_lang),
        source=args.source,
        reference=args.reference,
        prefix=args.output,
        block_lines=args.batch_rows * _ROWS_A_BLOCK,
        resume=args.resume,
    )
    with line_progress(args.progress, None) as advance:
        status = distill(
            translator, options, _origin(args, opened, decoding), lambda count: advance(count, count)
        )
    dropped = ", ".join(f"{reason} {count:,}" for reason, count in status.dropped.items())
    print(f"{status.read:,} lines read, {status.kept:,} written", file=sys.stderr)
    if dropped:
        print(f"left out: {dropped}", file=sys.stderr)
    print(*options.files)
    return 0


def _origin(args: argparse.Namespace, opened: Opened, decoding: DecodingOptions) -> dict[str, JsonValue]:
    """What determines the output; files by their content, as the folder may be given away."""
    return {
        "teacher": [
            {"name": each.name, "digest": each.digest} for each in (opened.checkpoint, *opened.others)
        ],
        "languages": [args.source_lang, args.target_lang],
        "source": sha256(args.source),
        "reference": sha256(args.reference) if args.reference else None,
        "decoding": decoding.model_dump(mode="json"),
        "max_source_tokens": args.max_source_tokens,
        "precision": args.precision,
    }
