"""``python -m model report``: one HTML page about a checkpoint."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from model.cli.arguments import (
    HelpFormatter,
    add_checkpoint,
    add_decoding,
    add_machine,
    add_progress,
    positive,
)

if TYPE_CHECKING:
    from model.cli.arguments import Subparsers

_EPILOG = """\
example:
  python -m model report CHECKPOINT --test de-en test.de test.en --test en-de test.en test.de \\
      --against OTHER --output report.html

The page has, for each test set: BLEU and chrF with 95 % confidence intervals by sacreBLEU's bootstrap
(1,000 resamples); with --against, the other checkpoint's beside them, and the p-value of the paired
bootstrap; BLEU and length ratio by the number of source tokens; counts of translations that look wrong;
the worst lines and some drawn at random, the same ones every time; and attention pictures. It holds the
text of these lines. It is one file, and opening it asks no host for anything.
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command ``report``."""
    parser = subparsers.add_parser(
        "report",
        help="write a page about a checkpoint: scores, intervals, examples",
        description="Write an HTML page about a checkpoint: what it is, how well it does, and examples.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    parser.set_defaults(run=run, n_best=1)
    add_checkpoint(parser)
    parser.add_argument(
        "--test",
        nargs=3,
        action="append",
        required=True,
        metavar=("SRC-TGT", "SOURCE", "REFERENCE"),
        help="a direction and its test set, such as de-en test.de test.en; may be repeated",
    )
    parser.add_argument(
        "--against",
        type=Path,
        metavar="OTHER",
        help="a checkpoint to compare with",
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="the page, a .html file")
    parser.add_argument(
        "--examples",
        type=positive,
        default=10,
        metavar="N",
        help="lines of either kind for each test set (default: %(default)s)",
    )
    parser.add_argument(
        "--pictures",
        type=int,
        default=3,
        metavar="N",
        help="attention pictures for each test set, of random examples; 0: none (default: %(default)s)",
    )
    add_progress(parser)
    add_decoding(parser)
    add_machine(parser)


def run(args: argparse.Namespace) -> int:
    """Write the page that ``args`` describe."""
    from model.cli.run_report import run_report  # noqa: PLC0415 - keeps --help instant

    return run_report(args)
