"""Runs ``prepare`` with progress bars and prints what came of it."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from model.training.prepare import Prepared, PrepareOptions, prepare


def run_prepare(options: PrepareOptions) -> int:
    """Prepare a corpus; the bars appear on a terminal only."""
    terminal = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=terminal, disable=not terminal.is_terminal) as progress:
        prepared = prepare(options, progress)
    output = Console()
    output.print(_report(prepared))
    output.print(_summary(prepared, options.output), soft_wrap=True, highlight=False, markup=False)
    return 0


def _report(prepared: Prepared) -> Table:
    """A row for each corpus; a column for each reason that dropped something."""
    reasons = list(dict.fromkeys(reason for report in prepared.reports for reason in report.dropped))
    table = Table("corpus", title="sentence pairs")
    for heading in ("read", *reasons, "kept"):
        table.add_column(heading, justify="right")
    for report in prepared.reports:
        counts = (report.read, *(report.dropped[reason] for reason in reasons), report.kept)
        table.add_row(escape(report.name), *(f"{count:,}" for count in counts))
    return table


def _summary(prepared: Prepared, output: Path) -> str:
    dataset = prepared.dataset
    validation = ", ".join(f"{count:,} {'-'.join(pair)}" for pair, count in prepared.validation.items())
    return (
        f"{output}: {len(dataset):,} training rows of {len(dataset.sentence_offsets) - 1:,} sentences"
        f" ({dataset.best_lengths().mean():.1f} tokens on average); validation: {validation}"
    )
