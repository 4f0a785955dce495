"""``python -m model distill``: a teacher writes the translations that a student will learn."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from model.cli.arguments import (
    HelpFormatter,
    add_checkpoint,
    add_decoding,
    add_direction,
    add_ensemble,
    add_machine,
    add_progress,
    positive,
)

if TYPE_CHECKING:
    from model.cli.arguments import Subparsers

_EPILOG = """\
example:
  python -m model distill TEACHER --ensemble TEACHER2 TEACHER3 --source-lang de --target-lang en \\
      --source train.de --reference train.en --n-best 5 --output distilled
  python -m model prepare --output student --tokenizer data/tokenizer.model \\
      --corpus de-en train.de train.en --one-way de-en distilled.de distilled.en \\
      --valid de-en valid.de valid.en

--output distilled writes the aligned files distilled.de and distilled.en, and distilled.json, which says
what made them. A line is left out of both if it is blank, not UTF-8, translated into nothing, or into
something that only the length limit ended.

With --reference, the one of the --n-best translations is taken that is most like the reference (BLEU of
the sentence), instead of the best.

The work is saved block by block. After Ctrl-C or a crash, the same command with --resume goes on.
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command ``distill``."""
    parser = subparsers.add_parser(
        "distill",
        help="let a teacher translate a corpus for a student",
        description="Translate a corpus with a teacher, or an ensemble of teachers, for a student to learn.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    parser.set_defaults(run=run)
    add_checkpoint(parser)
    add_ensemble(parser)
    add_direction(parser)
    parser.add_argument(
        "--source", type=Path, required=True, metavar="FILE", help="what to translate; may be .gz or .xz"
    )
    parser.add_argument("--reference", type=Path, metavar="FILE", help="translations to choose by")
    parser.add_argument(
        "--n-best", type=positive, default=1, metavar="N", help="candidates; at most --beam-size"
    )
    parser.add_argument(
        "--output", type=Path, required=True, metavar="PREFIX", help="of the names of the files to write"
    )
    parser.add_argument("--resume", action="store_true", help="go on with what is there")
    add_progress(parser)
    add_decoding(parser)
    add_machine(parser)


def run(args: argparse.Namespace) -> int:
    """Distill what ``args`` name."""
    from model.cli.run_distill import run_distill  # noqa: PLC0415 - keeps --help instant

    return run_distill(args)
