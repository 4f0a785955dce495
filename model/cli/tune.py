"""``python -m model tune``: which penalties suit a checkpoint, found on validation text."""

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
  python -m model tune CHECKPOINT --source-lang de --target-lang en \\
      --source valid.de --reference valid.en
  The settings that are best for both directions on average, stored in the checkpoint:
  python -m model tune CHECKPOINT --source-lang de --target-lang en \\
      --source valid.de --reference valid.en --also en-de valid.en valid.de --write

Use text that is neither trained on nor tested on. Each sentence is decoded once for each beam size;
the hypotheses are then ranked under every combination of penalties, which gives the translations that
decoding with these would give. The settings with the highest mean BLEU win, the smaller among equals.

--write makes the winners what the checkpoint does where a caller asks for nothing else. The network, the
tokenizer and the model card stay as they are; the checkpoint's digest becomes another.
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command ``tune``."""
    parser = subparsers.add_parser(
        "tune",
        help="find the best length and coverage penalties",
        description="Find the length and coverage penalties with the best BLEU on validation text.",
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
    parser.add_argument("--write", action="store_true", help="store the winners in the checkpoint")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    add_progress(parser)
    _add_grid(parser)
    add_machine(parser)


def run(args: argparse.Namespace) -> int:
    """Tune what ``args`` name."""
    from model.cli.run_tune import run_tune  # noqa: PLC0415 - keeps --help instant

    return run_tune(args)


def _add_grid(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is tried, in every combination")
    group.add_argument(
        "--beam-sizes", type=positive, nargs="+", metavar="N", help="default: the checkpoint's own"
    )
    group.add_argument(
        "--length-penalties",
        type=float,
        nargs="+",
        default=[round(0.2 * step, 1) for step in range(11)],
        metavar="X",
        help="default: 0 to 2 in steps of 0.2",
    )
    group.add_argument(
        "--coverage-penalties",
        type=float,
        nargs="+",
        default=[0.0, 0.05, 0.1, 0.2, 0.3, 0.4],
        metavar="X",
        help="default: 0, 0.05, 0.1, 0.2, 0.3, 0.4",
    )
    group.add_argument(
        "--max-source-tokens",
        type=positive,
        default=128,
        metavar="N",
        help="a longer line is translated in parts (default: %(default)s)",
    )
