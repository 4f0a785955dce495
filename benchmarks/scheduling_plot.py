"""Latency by load, drawn."""

from __future__ import annotations

from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmarks.scheduling_results import EngineResults, LoadCell

_STYLES = ("o-", "s--", "^:", "x-.")


def plot_scheduling(results: EngineResults, path: Path) -> None:
    """Draw the 99th percentile by load, of all requests and of the short ones, for every way to batch.

    Args:
        results: by processor time.
        path: where to; its ending says what kind of picture.
    """
    figure = Figure(figsize=(9.0, 3.8), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, sharey=True)
    names = list(dict.fromkeys(cell.batching for cell in results.loads))
    for axes, title in ((left, "all requests"), (right, f"at most {results.short_tokens} tokens")):
        for name, style in zip(names, _STYLES, strict=True):
            cells = [cell for cell in results.loads if cell.batching == name]
            waits = [_p99(cell, short=axes is right) for cell in cells]
            axes.plot([100.0 * cell.load for cell in cells], waits, style, label=name)
        axes.set(title=title, xlabel="load, % of this engine's capacity", yscale="log")
        axes.grid(visible=True, which="both", alpha=0.25)
    left.set_ylabel("99th percentile of latency, ms")
    left.legend()
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _p99(cell: LoadCell, *, short: bool) -> float:
    return cell.short.p99_ms if short else cell.latency.p99_ms
