"""``python -m model plot``: pictures of attention and of training."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from model.cli.arguments import (
    HelpFormatter,
    add_checkpoint,
    add_decoding,
    add_direction,
    add_machine,
)

if TYPE_CHECKING:
    from model.cli.arguments import Subparsers

_EPILOG = """\
examples:
  python -m model plot attention CHECKPOINT --source-lang de --target-lang en \\
      --text "Wo ist der Bahnhof?" --output attention.svg attention.png
  python -m model plot curves runs/first runs/second --output curves.svg

An SVG keeps letters as letters, which the viewer draws with its own fonts. A PNG is drawn with the
fonts of this machine: for Chinese and Japanese it needs one such as Noto Sans CJK, and says so.
"""
_ATTENTION = """\
The columns are what the network reads: a tag for the target language, the text and </s>. The rows are
what it says; the last one, </s>, is the end. A row is one distribution, the mean over heads.
"""
_CURVES = """\
Loss, BLEU on the validation text, learning rate and tokens/s over updates. A run that is still going
can be drawn.
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command ``plot``."""
    parser = subparsers.add_parser(
        "plot",
        help="draw the attention of a translation, or training curves",
        description="Draw the attention of a translation, or the curves of training runs.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    pictures = parser.add_subparsers(title="pictures", metavar="PICTURE", required=True)
    _add_attention(pictures)
    _add_curves(pictures)


def _add_attention(pictures: Subparsers) -> None:
    parser = pictures.add_parser(
        "attention",
        help="which source token each target token attended to",
        description="Draw the attention between a sentence and its translation.",
        epilog=_ATTENTION,
        formatter_class=HelpFormatter,
    )
    parser.set_defaults(run=_run_attention, n_best=1)
    add_checkpoint(parser)
    add_direction(parser)
    parser.add_argument("--text", required=True, help="a sentence")
    parser.add_argument(
        "--translation", metavar="TEXT", help="make the network say this (default: what it says by itself)"
    )
    parser.add_argument(
        "--words", action="store_true", help="a row and a column for each word, not for each piece of one"
    )
    _add_output(parser)
    add_decoding(parser)
    add_machine(parser)


def _add_curves(pictures: Subparsers) -> None:
    parser = pictures.add_parser(
        "curves",
        help="how training went, for one run or several",
        description="Draw the curves of training runs.",
        epilog=_CURVES,
        formatter_class=HelpFormatter,
    )
    parser.set_defaults(run=_run_curves)
    parser.add_argument(
        "runs", type=Path, nargs="+", metavar="RUN", help="a run's folder, or its metrics.jsonl"
    )
    _add_output(parser)


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output", type=Path, nargs="+", required=True, metavar="FILE", help="a .png or .svg, or both"
    )


def _run_attention(args: argparse.Namespace) -> int:
    from model.cli.run_plot import run_attention  # noqa: PLC0415 - keeps --help instant

    return run_attention(args)


def _run_curves(args: argparse.Namespace) -> int:
    from model.cli.run_plot import run_curves  # noqa: PLC0415 - keeps --help instant

    return run_curves(args)
