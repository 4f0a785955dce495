"""``python -m model translate``: a file or standard input to translations, line by line."""

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
    add_sampling,
    positive,
)

if TYPE_CHECKING:
    from model.cli.arguments import Subparsers

_EPILOG = """\
examples:
  python -m model translate CHECKPOINT --source-lang de --target-lang en \\
      --input FILE --output FILE --beam-size 5

  echo "Wo ist der Bahnhof?" | python -m model translate CHECKPOINT \\
      --source-lang de --target-lang en --beam-size 8 --n-best 3 --scores

Input is UTF-8 text, a sentence a line; any length will do, in bounded memory. A line that is empty
or blank gives an empty line.

Output is, for each line, one line with its translation. --n-best N over 1, --scores and
--alignments turn lines into rows of tab-separated columns, always in this order:

  line        from 1                                          with --n-best
  rank        from 1, the best; at most N rows a line         with --n-best
  score       what candidates are ranked by                   with --scores
  log_prob    natural logarithm of the probability            with --scores
  text        the translation                                 always
  alignment   0-0 1-2: source word 1 became target word 2     with --alignments

The alignment has, for each word of the translation, the source word that it attended to most, if
there is one. Words are separated by whitespace and counted from 0, after Unicode normalisation
(NFKC). It is a by-product of translating, not a word aligner.

--json gives one JSON object a line with all of this:

  {"line": 1, "parts": 1, "translations": [{"text": "Where is the station?", "score": -0.9,
   "log_prob": -1.3, "truncated": false, "alignment": [[0, 0], [1, 1], [2, 2], [3, 3]]}]}

There, "parts" is how many parts the line was translated in (see --max-source-tokens), and
"truncated" says that the translation ran into --max-length. Both also give a warning on standard
error that names the line.
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command ``translate``."""
    parser = subparsers.add_parser(
        "translate",
        help="translate a file or standard input, line by line",
        description="Translate a file or standard input, line by line.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    parser.set_defaults(run=run)
    add_checkpoint(parser)
    add_ensemble(parser)
    add_direction(parser)
    _add_files(parser)
    _add_columns(parser)
    add_decoding(parser)
    add_sampling(parser)
    add_machine(parser)


def run(args: argparse.Namespace) -> int:
    """Translate what ``args`` name."""
    from model.cli.run_translate import run_translate  # noqa: PLC0415 - keeps --help instant

    return run_translate(args)


def _add_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--input", type=Path, metavar="FILE", help="what to translate (default: standard input)"
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="where to write (default: standard output)"
    )
    add_progress(parser)


def _add_columns(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("columns")
    group.add_argument(
        "--n-best", type=positive, default=1, metavar="N", help="rows a line; at most --beam-size"
    )
    group.add_argument("--scores", action="store_true", help="the columns score and log_prob")
    group.add_argument("--alignments", action="store_true", help="the column alignment")
    group.add_argument("--json", action="store_true", help="JSON lines instead of columns")
