"""``python -m model calibrate``: what the probabilities of a checkpoint's translations are worth."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from model.cli.arguments import (
    HelpFormatter,
    add_checkpoint,
    add_direction,
    add_machine,
    add_progress,
    positive,
)

if TYPE_CHECKING:
    from model.cli.arguments import Subparsers

_EPILOG = """\
examples:
  python -m model calibrate CHECKPOINT --source-lang de --target-lang en \\
      --source valid.de --reference valid.en --also en-de valid.en valid.de --write
  How well it holds on other text, as numbers and as a picture:
  python -m model calibrate CHECKPOINT --source-lang de --target-lang en \\
      --source test.de --reference test.en --check --output reliability.svg

A translation counts as good if its sentence chrF against the reference reaches --good-chrf. For each
direction a logistic function of the mean log-probability of its tokens is fitted that says how probable
that is: the confidence that the service tells. The coverage below which a translation is flagged is set
so that one in a hundred of these is. Fit on text that is neither trained on nor tested on.

--write stores the result in the checkpoint. The network, the tokenizer and the model card stay as they are;
the checkpoint's digest becomes another. --check uses what is stored instead of fitting.
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command ``calibrate``."""
    parser = subparsers.add_parser(
        "calibrate",
        help="calibrate confidence: how probably a translation is good",
        description="Fit, or check, how probable it is that a translation is good.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    parser.set_defaults(run=run)
    add_checkpoint(parser)
    add_direction(parser)
    parser.add_argument("--source", type=Path, required=True, metavar="FILE", help="what to translate")
    parser.add_argument(
        "--reference", type=Path, required=True, metavar="FILE", help="how a person translated it"
    )
    parser.add_argument(
        "--also",
        nargs=3,
        action="append",
        default=[],
        metavar=("SRC-TGT", "SOURCE", "REFERENCE"),
        help="a further direction, such as en-de valid.en valid.de; may be repeated",
    )
    parser.add_argument(
        "--good-chrf",
        type=float,
        metavar="X",
        help="sentence chrF from which a translation is good (default: 50, 30 into Chinese)",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--write", action="store_true", help="store the result in the checkpoint")
    what.add_argument("--check", action="store_true", help="measure the stored calibration; fit nothing")
    parser.add_argument(
        "--output",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="the picture: .png or .svg, or both",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument(
        "--max-source-tokens",
        type=positive,
        default=128,
        metavar="N",
        help="longer lines are left out (default: %(default)s)",
    )
    add_progress(parser)
    add_machine(parser)


def run(args: argparse.Namespace) -> int:
    """Calibrate what ``args`` name."""
    from model.cli.run_calibrate import run_calibrate  # noqa: PLC0415 - keeps --help instant

    return run_calibrate(args)
