"""``python -m model inspect``: what a checkpoint is, and whether its files are whole."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from model.cli.arguments import HelpFormatter, add_checkpoint

if TYPE_CHECKING:
    from model.cli.arguments import Subparsers

_EPILOG = """\
example:
  python -m model inspect checkpoints/to-english
  python -m model inspect checkpoints/to-english --json | jq .parameters

Every file is hashed and compared with the manifest; the weights are not loaded. The exit status is 2 if a
file is missing or damaged. What can still be read is shown all the same.
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command ``inspect``."""
    parser = subparsers.add_parser(
        "inspect",
        help="say what a checkpoint is, and check its files",
        description="Say what a checkpoint is, and check its files.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    parser.set_defaults(run=run)
    add_checkpoint(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")


def run(args: argparse.Namespace) -> int:
    """Print what the checkpoint is; 2 if a file is damaged."""
    from model.cli.run_inspect import run_inspect  # noqa: PLC0415 - keeps --help instant

    return run_inspect(args)
