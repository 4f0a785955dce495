"""The work of ``python -m model plot``."""

from __future__ import annotations

import argparse
import sys

from model.cli.setup import decoding_options, open_checkpoint
from model.plotting.attention import draw_attention
from model.plotting.curves import draw_curves, read_runs
from model.plotting.drawing import format_of, missing_characters
from model.plotting.matrix import translation_attention


def run_attention(args: argparse.Namespace) -> int:
    """Translate, draw, write every file."""
    kinds = {path: format_of(path) for path in args.output}
    checkpoint = open_checkpoint(args)
    attention = translation_attention(
        checkpoint,
        args.text,
        args.target_lang,
        decoding_options(args, checkpoint.decoding),
        translation=args.translation,
        max_source_tokens=args.max_source_tokens,
    )
    matrix = attention.by_word() if args.words else attention.by_piece()
    for path, kind in kinds.items():
        path.write_bytes(draw_attention(matrix, kind))
    missing = missing_characters([*matrix.source, *matrix.target])
    if missing and "png" in kinds.values():
        print(
            f"warning: no font on this machine has {missing} of the characters: they are boxes in the PNG;"
            " install one that does, such as Noto Sans CJK, or use the SVG",
            file=sys.stderr,
        )
    return 0


def run_curves(args: argparse.Namespace) -> int:
    """Read the runs, draw, write every file."""
    kinds = {path: format_of(path) for path in args.output}
    runs = read_runs(args.runs)
    for path, kind in kinds.items():
        path.write_bytes(draw_curves(runs, kind))
    return 0
