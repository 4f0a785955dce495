"""What the benchmarks' command lines share."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.errors import BenchmarkError
from benchmarks.record import RESULTS
from model.errors import ModelError

Say = Callable[[str], None]
"""Told what has just been measured; each call is one step of progress."""


def guarded(run: Callable[[], None]) -> int:
    """Run a command: exit status 0, 2 with the reason on standard error, or 130 after Ctrl-C."""
    try:
        run()
    except KeyboardInterrupt:
        return 130
    except (BenchmarkError, ModelError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


@contextmanager
def progress(total: int) -> Iterator[Say]:
    """A bar of ``total`` steps on standard error, and a line above it for each step done."""
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("measurements"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)

        def say(line: str) -> None:
            bar.console.print(line, highlight=False, markup=False, soft_wrap=True)
            bar.advance(task)

        yield say


def whole(text: str) -> int:
    """A whole number of at least 1, for ``argparse``."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number of at least 1")
    return value


def above_zero(text: str) -> float:
    """A finite number above 0, for ``argparse``."""
    value = float(text)
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return value


def not_negative(text: str) -> float:
    """A finite number of at least 0, for ``argparse``."""
    value = float(text)
    if not (math.isfinite(value) and value >= 0):
        raise argparse.ArgumentTypeError(f"{text} is not a number of at least 0")
    return value


def add_languages(parser: argparse.ArgumentParser) -> None:
    """Add what to translate from and into, which must be said."""
    for option, what in (("--source-lang", "from"), ("--target-lang", "into")):
        parser.add_argument(option, required=True, metavar="LANG", help=f"the language to translate {what}")


def add_text(parser: argparse.ArgumentParser) -> None:
    """Add what to translate, for a benchmark that is told the languages too."""
    parser.add_argument(
        "--input", type=Path, metavar="FILE", help="one sentence a line (default: 100 built-in sentences)"
    )
    parser.add_argument("--limit", type=whole, metavar="N", help="only the first N sentences")


def add_tests(parser: argparse.ArgumentParser) -> None:
    """Add the test sets to score."""
    parser.add_argument(
        "--test",
        action="append",
        nargs=3,
        required=True,
        metavar=("SRC-TGT", "SOURCE", "REFERENCE"),
        help="a direction and its two aligned files; may be repeated",
    )


def add_output(parser: argparse.ArgumentParser, default: str) -> None:
    """Add the file of the record, which is called ``default`` where nobody says otherwise."""
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help=f"where to write the record (default: {RESULTS}/{default})",
    )
