"""Arguments that several commands take."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Leaves examples as they are, and room for long option names."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=100)


def positive(text: str) -> int:
    """A whole number of at least 1, for ``argparse``."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def share(text: str) -> float:
    """A number from 0 to 1, for ``argparse``."""
    value = float(text)
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def add_checkpoint(parser: argparse.ArgumentParser) -> None:
    """Add the folder to load."""
    parser.add_argument(
        "checkpoint", type=Path, metavar="CHECKPOINT", help="a checkpoint: a folder with a manifest.json"
    )


def add_ensemble(parser: argparse.ArgumentParser) -> None:
    """Add further checkpoints that decode together with the first."""
    parser.add_argument(
        "--ensemble",
        type=Path,
        nargs="+",
        default=[],
        metavar="OTHER",
        help="checkpoints of the same vocabulary; the mean of all their probabilities is searched",
    )


def add_direction(parser: argparse.ArgumentParser) -> None:
    """Add the two languages."""
    parser.add_argument("--source-lang", required=True, metavar="LANG", help="translate from, such as de")
    parser.add_argument("--target-lang", required=True, metavar="LANG", help="translate into, such as en")


def add_progress(parser: argparse.ArgumentParser) -> None:
    """Add whether to show a progress bar."""
    parser.add_argument(
        "--progress",
        action=argparse.BooleanOptionalAction,
        help="a progress bar on standard error (default: when that is a terminal)",
    )


def add_machine(parser: argparse.ArgumentParser) -> None:
    """Add where to compute and how much at a time."""
    group = parser.add_argument_group("machine")
    group.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda"),
        default="auto",
        help="auto: a GPU where there is one (default)",
    )
    group.add_argument(
        "--precision",
        choices=("float32", "bfloat16", "int8"),
        default="float32",
        help="what to compute in; int8: translating on a CPU that has AVX-512 VNNI (default: %(default)s)",
    )
    group.add_argument("--threads", type=positive, metavar="N", help="CPU threads (default: all cores)")
    group.add_argument(
        "--batch-rows",
        type=positive,
        default=64,
        metavar="N",
        help="sentences decoded together (default: %(default)s); more is faster and takes more memory",
    )


def add_decoding(parser: argparse.ArgumentParser) -> None:
    """Add how to search; the names are those of ``DecodingOptions``."""
    group = parser.add_argument_group("decoding (what is left out is as the checkpoint says)")
    group.add_argument("--beam-size", type=int, metavar="N", help="hypotheses a sentence; 1: greedy search")
    group.add_argument(
        "--length-penalty",
        type=float,
        metavar="X",
        help="0: no normalisation; more favours longer translations",
    )
    group.add_argument(
        "--coverage-penalty", type=float, metavar="X", help="more favours attending to every source token"
    )
    group.add_argument("--min-length", type=int, metavar="N", help="target tokens at least")
    group.add_argument(
        "--max-length",
        type=int,
        metavar="N",
        help="target tokens at most (default: twice the source's, plus 20)",
    )
    group.add_argument(
        "--max-source-tokens",
        type=positive,
        default=128,
        metavar="N",
        help="a longer line is split at sentence ends, clauses or words, translated in parts and joined, "
        "with a warning (default: %(default)s)",
    )


def add_sampling(parser: argparse.ArgumentParser) -> None:
    """Add how to draw translations; the names are those of ``DecodingOptions``."""
    group = parser.add_argument_group("sampling")
    group.add_argument(
        "--strategy", choices=("beam", "sample"), help="sample draws --beam-size translations at random"
    )
    group.add_argument("--temperature", type=float, metavar="X", help="below 1 draws likelier tokens")
    group.add_argument("--top-k", type=int, metavar="N", help="draw from the N likeliest tokens; 0: from all")
    group.add_argument(
        "--top-p", type=float, metavar="P", help="draw from the fewest tokens with probability P together"
    )
    group.add_argument("--seed", type=int, metavar="N", help="the same seed draws the same translations")
