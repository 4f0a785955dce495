"""A progress bar on standard error, where somebody may be looking."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int, int], None]
"""Called with how many lines, and how many bytes of input, are newly done."""


@contextmanager
def line_progress(wanted: bool | None, total_bytes: int | None) -> Iterator[Advance]:
    """Show lines done, lines/s and the time left, and yield what moves the bar.

    Args:
        wanted: whether to show it; None: if standard error is a terminal and ``rich`` is installed.
        total_bytes: the size of the input, None where it is not known: there is no time left then.
    """
    if wanted is None:
        wanted = sys.stderr.isatty() and importlib.util.find_spec("rich") is not None
    if not wanted:
        yield lambda _lines, _bytes: None
        return
    from rich.console import Console  # noqa: PLC0415 - only the training extra installs it
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (
        TextColumn("{task.fields[lines]:,} lines"),
        BarColumn(),
        TextColumn("{task.fields[rate]:.1f} lines/s"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(file=sys.stderr)) as progress:
        task = progress.add_task("", total=total_bytes, lines=0, rate=0.0)
        lines_done = 0

        def advance(lines: int, size: int) -> None:
            nonlocal lines_done
            lines_done += lines
            elapsed = progress.tasks[0].elapsed or 0.0
            rate = lines_done / elapsed if elapsed else 0.0
            progress.update(task, advance=size, lines=lines_done, rate=rate)

        yield advance
