"""A bar on standard error, for people who watch."""

from __future__ import annotations

import shutil
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TextIO

_MOST_COLUMNS = 40


class ProgressBar(AbstractContextManager["ProgressBar"]):
    """A line that is written over and over, and wiped in the end; nothing at all where nobody watches.

    Args:
        output: where to; only a terminal gets anything.
        label: in front of the bar.
        quiet: write nothing.
    """

    def __init__(self, output: TextIO, label: str, quiet: bool = False) -> None:
        self._output = output
        self._label = label
        self._seen = not quiet and output.isatty()
        self._line = ""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write("")

    def show(self, progress: float) -> None:
        """Show how much is done, from 0 to 1."""
        columns = min(_MOST_COLUMNS, shutil.get_terminal_size().columns - len(self._label) - 10)
        if columns > 0:
            full = round(progress * columns)
            self._write(f"{self._label} [{'#' * full}{'.' * (columns - full)}] {progress:4.0%}")

    def _write(self, line: str) -> None:
        if self._seen and line != self._line:
            self._output.write("\r" + line.ljust(len(self._line)) + ("" if line else "\r"))
            self._output.flush()
            self._line = line
