"""The curves of training runs, from the ``metrics.jsonl`` that ``train`` writes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from model.errors import CorpusError
from model.plotting.drawing import drawing_style, render

METRICS_FILE = "metrics.jsonl"

_DIRECTION = "bleu_"


@dataclass(frozen=True)
class Run:
    """One training run.

    Attributes:
        name: for the legend.
        train: records of training, by update.
        valid: records of validation, by update.
    """

    name: str
    train: tuple[dict[str, Any], ...]
    valid: tuple[dict[str, Any], ...]


def read_runs(paths: Sequence[Path]) -> list[Run]:
    """The runs in ``paths``, each a run's folder or its ``metrics.jsonl``.

    Raises:
        CorpusError: a file has a line that is no record, or no records; names it.
    """
    files = [path / METRICS_FILE if path.is_dir() else path for path in paths]
    folders = [file.resolve().parent for file in files]
    short = [folder.name for folder in folders]
    names = [str(path) if short.count(name) > 1 else name for name, path in zip(short, paths, strict=True)]
    return [_read_run(name, file) for name, file in zip(names, files, strict=True)]


def draw_curves(runs: Sequence[Run], kind: str) -> bytes:
    """``curves_figure`` as ``png`` or ``svg``."""
    with drawing_style():
        return render(curves_figure(runs), kind)


def curves_figure(runs: Sequence[Run]) -> Figure:
    """Loss, BLEU, learning rate and speed of ``runs`` over updates.

    BLEU is the mean over directions where there are several runs; of one run, each direction is drawn too.
    """
    figure = Figure(figsize=(10, 6.4), layout="constrained")
    loss, bleu, rate, speed = figure.subplots(2, 2, sharex=True).flat
    for run in runs:
        _line(loss, run.name, run.train, "loss")
        _line(bleu, run.name, run.valid, "bleu", marker=".")
        _line(rate, run.name, run.train, "learning_rate")
        _line(speed, run.name, run.train, "tokens_per_second")
    if len(runs) == 1:
        _draw_directions(bleu, runs[0])
    titles = ("training loss", "validation BLEU", "learning rate", "training tokens/s")
    for axes, title in zip((loss, bleu, rate, speed), titles, strict=True):
        axes.set_title(title, loc="left", fontsize=10)
        axes.grid(color="#e4e7ec", linewidth=0.6)
        axes.margins(x=0.01)
    for axes in (rate, speed):
        axes.set_xlabel("updates")
    speed.set_ylim(bottom=0)
    bleu.legend(frameon=False, fontsize=8, loc="lower right", ncols=1 + len(bleu.lines) // 8)
    return figure


def _draw_directions(axes: Axes, run: Run) -> None:
    names = sorted({key for record in run.valid for key in record if key.startswith(_DIRECTION)})
    if len(names) > 1:
        for name in names:
            label = name.removeprefix(_DIRECTION).replace("_", "→")
            _line(axes, label, run.valid, name, marker=".", linewidth=1, linestyle="--")


def _line(axes: Axes, label: str, records: Sequence[dict[str, Any]], key: str, **style: Any) -> None:
    points = [(record["update"], record[key]) for record in records if key in record]
    line_style = {"linewidth": 1.4, **style}
    [line] = axes.plot([x for x, _ in points], [y for _, y in points], **line_style)
    line.set_label(label if label[:1] != "_" else f"\u200b{label}")  # matplotlib hides a leading underscore


def _read_run(name: str, file: Path) -> Run:
    with file.open(encoding="utf-8") as stream:
        lines = stream.read().splitlines()
    records = [_record(file, number, line, last=number == len(lines)) for number, line in enumerate(lines, 1)]
    by_kind: dict[str, list[dict[str, Any]]] = {"train": [], "valid": []}
    for record in records:
        if record and record["kind"] in by_kind:
            by_kind[record["kind"]].append(record)
    if not any(by_kind.values()):
        raise CorpusError(f"{file}: has no records of training; name a run's folder or its {METRICS_FILE}")
    return Run(name, tuple(by_kind["train"]), tuple(by_kind["valid"]))


def _record(file: Path, number: int, line: str, *, last: bool) -> dict[str, Any] | None:
    """A record; None for a last line that a crash or a run that is writing cut short."""
    try:
        record: dict[str, Any] = json.loads(line)
        if isinstance(record["kind"], str) and isinstance(record["update"], int):
            return record
    except (ValueError, KeyError, TypeError):
        if last:
            return None
    raise CorpusError(f"{file}: line {number} is not a record of a training run")
