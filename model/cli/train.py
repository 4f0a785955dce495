"""``python -m model train``: from a prepared corpus and a recipe to a checkpoint."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from model.cli.arguments import HelpFormatter, positive
from model.cli.workers import start_workers, started_by_torchrun

if TYPE_CHECKING:
    from model.cli.arguments import Subparsers

INTERRUPTED = 130

_EXAMPLE = """\
example:
  python -m model train recipe.toml --output runs/first

with recipe.toml, where all that is left out has a default:

  [data]
  directory = "data"          # what `python -m model prepare` wrote, relative to this file

  [model]
  hidden_size = 384

  [training]
  max_updates = 20000
  dropout = 0.3

The run's folder gets metrics.jsonl and tensorboard/ while it runs, best/ at each better validation, and
checkpoint/ when it ends: both are checkpoints that `translate` and `evaluate` read.

Ctrl-C saves and stops. Then, or after a crash, this goes on as if nothing had happened:

  python -m model train recipe.toml --output runs/first --resume

With --workers 4, four processes train together; each update takes four batches, one from each.
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command ``train``."""
    parser = subparsers.add_parser(
        "train",
        help="train a checkpoint from a recipe",
        description="Train a checkpoint from a recipe.",
        epilog=_EXAMPLE,
        formatter_class=HelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("recipe", type=Path, metavar="RECIPE.toml", help="data, network and training")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="the run's folder")
    parser.add_argument("--resume", action="store_true", help="continue the run in DIR")
    parser.add_argument(
        "--workers",
        type=positive,
        default=1,
        metavar="N",
        help="processes that train together, on a GPU each or on processors; default: 1",
    )


def run(args: argparse.Namespace) -> int:
    """Train; an interrupted run has been saved, and exits as Ctrl-C does."""
    if args.workers > 1 and not started_by_torchrun():
        start_workers(args.workers, _command(args))
    from model.config import load_recipe  # noqa: PLC0415 - keeps --help instant
    from model.training.loop import train  # noqa: PLC0415

    outcome = train(load_recipe(args.recipe), args.output, resume=args.resume)
    if not outcome.finished:
        return INTERRUPTED
    if outcome.checkpoint:
        print(outcome.checkpoint)
    return 0


def _command(args: argparse.Namespace) -> list[str]:
    """What each worker runs."""
    resume = ["--resume"] if args.resume else []
    return ["train", str(args.recipe), "--output", str(args.output), *resume]
