"""What a training run tells: a progress bar, TensorBoard, and one JSON object a line in ``metrics.jsonl``."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch.utils.tensorboard import SummaryWriter

from model.training.workers import Workers

METRICS_FILE = "metrics.jsonl"

Values = Mapping[str, float | int | str]


class Reporter:
    """Owns the three outputs of one run; a context manager.

    Args:
        directory: the run's folder.
        total_updates: where the bar ends.
        resumed_at: updates already made; later records of an interrupted run are dropped from the file.
    """

    def __init__(self, directory: Path, total_updates: int, resumed_at: int) -> None:
        self._path = directory / METRICS_FILE
        _drop_records_after(self._path, resumed_at)
        self._file = self._path.open("a", encoding="utf-8")
        self._board = SummaryWriter(str(directory / "tensorboard"), purge_step=resumed_at)
        self._console = Console(file=sys.stderr)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[status]}"),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("updates", total=total_updates, completed=resumed_at, status="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()
        self._file.close()
        self._board.close()

    def advance(self, update: int) -> None:
        """Move the bar to ``update``."""
        self._bar.update(self._task, completed=update)

    def record(self, kind: str, update: int, values: Values) -> None:
        """Write one set of values to all three outputs."""
        entry = {"kind": kind, "update": update, "time": round(time.time(), 3), **values}
        self._file.write(json.dumps(entry) + "\n")
        self._file.flush()
        for name, value in values.items():
            if not isinstance(value, str):
                self._board.add_scalar(f"{kind}/{name}", value, update)
        line = "  ".join(f"{name} {_short(value)}" for name, value in values.items())
        if kind == "train":
            self._bar.update(self._task, status=_status(values))
        if kind != "train" or not self._console.is_terminal:
            self.say(f"{kind} {update}  {line}")

    def say(self, message: str) -> None:
        """Print a line above the bar."""
        self._bar.console.print(message, highlight=False, soft_wrap=True)


class SilentReporter(Reporter):
    """Tells nothing: of several workers, only the first reports."""

    def __init__(self) -> None:
        """Open nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def advance(self, update: int) -> None:
        """Nothing."""

    def record(self, kind: str, update: int, values: Values) -> None:
        """Nothing."""

    def say(self, message: str) -> None:
        """Nothing."""


def open_reporter(directory: Path, total_updates: int, resumed_at: int, workers: Workers) -> Reporter:
    """The first worker's reporter, or that of another, which says nothing."""
    return Reporter(directory, total_updates, resumed_at) if workers.first else SilentReporter()


def _short(value: float | int | str) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _status(values: Values) -> str:
    """What fits beside the bar."""
    return f"loss {float(values['loss']):.3f}  {float(values['tokens_per_second']):,.0f} tokens/s"


def _drop_records_after(path: Path, update: int) -> None:
    if not path.exists():
        return
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if _update_of(line) <= update]
    path.write_text("".join(line + "\n" for line in kept), encoding="utf-8")


def _update_of(line: str) -> float:
    """The update of a record; a line cut short by a crash counts as later than all."""
    try:
        return int(json.loads(line)["update"])
    except (ValueError, KeyError):
        return float("inf")
