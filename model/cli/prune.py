"""``python -m model prune``: a smaller checkpoint, of weights that matter."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from model.cli.arguments import HelpFormatter, add_checkpoint, share

if TYPE_CHECKING:
    from model.cli.arguments import Subparsers

_EPILOG = """\
example:
  python -m model prune runs/first/checkpoint --share 0.6 --output runs/first-pruned
  python -m model evaluate runs/first-pruned --source-lang de --target-lang en \\
      --source valid.de --reference valid.en

A checkpoint is stored without its zeros: at a share of 0.6 it takes about half the room. It is computed as
before, and as fast. Most of what pruning costs in BLEU comes back by training on, with these lines in the
recipe's [training] table:

  initialize_from = "runs/first-pruned"
  keep_zeros = true
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command ``prune``."""
    parser = subparsers.add_parser(
        "prune",
        help="set the weights that matter least to zero",
        description="Set the weights of least magnitude to zero, over all matrices of the network.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    parser.set_defaults(run=run)
    add_checkpoint(parser)
    parser.add_argument("--share", type=share, required=True, help="of the weights, such as 0.6; below 1")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="the checkpoint to write")


def run(args: argparse.Namespace) -> int:
    """Prune the checkpoint that ``args`` name."""
    from model.cli.run_prune import run_prune  # noqa: PLC0415 - keeps --help instant

    return run_prune(args)
