"""``python -m model narrow``: which part of the vocabulary each target language uses."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from model.cli.arguments import HelpFormatter, add_checkpoint

if TYPE_CHECKING:
    from model.cli.arguments import Subparsers

_EPILOG = """\
example:
  python -m model narrow runs/first/checkpoint --data data --write

Decoding in int8 then computes the softmax of a translation for the pieces alone that its language uses in
the corpus, in any segmentation. --write stores them in the checkpoint's config.json; the network, the
tokenizer and the model card stay as they are, and the digest becomes another. Measure what it changes with
python -m model evaluate --precision int8, before and after.
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command ``narrow``."""
    parser = subparsers.add_parser(
        "narrow",
        help="find the pieces that each target language uses",
        description="Find the part of a joint vocabulary that each target language uses.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    parser.set_defaults(run=run)
    add_checkpoint(parser)
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="the prepared corpus that it was trained on"
    )
    parser.add_argument("--write", action="store_true", help="store them in the checkpoint")


def run(args: argparse.Namespace) -> int:
    """Find the shortlists that ``args`` ask for."""
    from model.cli.run_narrow import run_narrow  # noqa: PLC0415 - keeps --help instant

    return run_narrow(args)
