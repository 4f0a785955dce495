"""``python -m model roughen``: copies of sentence pairs whose source is typed carelessly."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from model.cli.arguments import HelpFormatter, share
from model.training.corpus import parse_parallel_text
from model.training.roughening import roughened_pairs

if TYPE_CHECKING:
    from model.cli.arguments import Subparsers

_EPILOG = """\
example:
  python -m model roughen de-en train.de train.en --output rough
  python -m model prepare --one-way de-en rough.de rough.en --corpus de-en train.de train.en ...

Some of the pairs are written, with sources without capitals, without a mark at the end, or with slips of the
fingers; the targets stay. The same input gives the same output.
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command ``roughen``."""
    parser = subparsers.add_parser(
        "roughen",
        help="copy sentence pairs with carelessly typed sources",
        description="Copy some pairs of a parallel text with carelessly typed sources, to train on both.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument(
        "text",
        nargs="+",
        metavar="PAIR FILE",
        help="the direction, as de-en, then two aligned files, or one of two tab-separated columns",
    )
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="PREFIX",
        help="write PREFIX.SOURCE and PREFIX.TARGET, two aligned files named after the languages",
    )
    parser.add_argument(
        "--share", type=share, default=0.15, metavar="SHARE", help="of the pairs (default: %(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    """Write the files and say how many pairs they have."""
    text = parse_parallel_text(args.text, one_way=True)
    paths = [args.output.with_name(f"{args.output.name}.{language}") for language in text.languages]
    count = 0
    with (
        paths[0].open("w", encoding="utf-8", newline="\n") as sources,
        paths[1].open("w", encoding="utf-8", newline="\n") as targets,
    ):
        for source, target in roughened_pairs(text, args.share):
            sources.write(f"{source}\n")
            targets.write(f"{target}\n")
            count += 1
    print(f"{paths[0]}, {paths[1]}: {count:,} pairs")
    return 0
