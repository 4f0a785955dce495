"""``python -m model evaluate``: BLEU and chrF of a checkpoint on a test set."""

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
)

if TYPE_CHECKING:
    from model.cli.arguments import Subparsers

_EPILOG = """\
example:
  python -m model evaluate CHECKPOINT --source-lang de --target-lang en \\
      --source FILE --reference FILE --json

The files have a sentence a line, line n of one being the translation of line n of the other; they may
be .gz or .xz. Scores are sacreBLEU's on cased, untokenised text, with the signatures that say how they
were computed. The target language chooses BLEU's tokenizer: zh for Chinese, 13a for most.

--json writes an object with bleu, chrf, their signatures, brevity_penalty, length_ratio (translation
over reference), sentences, seconds and sentences_per_second (translating only), the command, the
checkpoint's name and digest (and those of the rest of an ensemble), and the decoding options.

--rouge adds ROUGE-1, ROUGE-2 and ROUGE-L for data like summaries: the mean of the lines' F-measures, in
per cent, by the library rouge-score, on lower-case words without stemming.
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command ``evaluate``."""
    parser = subparsers.add_parser(
        "evaluate",
        help="score a checkpoint: BLEU and chrF with sacreBLEU",
        description="Translate a test set and score the translations: BLEU and chrF with sacreBLEU.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    parser.set_defaults(run=run, n_best=1)
    add_checkpoint(parser)
    add_ensemble(parser)
    add_direction(parser)
    parser.add_argument("--source", type=Path, required=True, metavar="FILE", help="what to translate")
    parser.add_argument(
        "--reference", type=Path, required=True, metavar="FILE", help="how a person translated it"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="keep the translations, a line each")
    parser.add_argument("--rouge", action="store_true", help="score with ROUGE too")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    add_progress(parser)
    add_decoding(parser)
    add_machine(parser)


def run(args: argparse.Namespace) -> int:
    """Score what ``args`` name."""
    from model.cli.run_evaluate import run_evaluate  # noqa: PLC0415 - keeps --help instant

    return run_evaluate(args)
