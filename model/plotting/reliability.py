"""The picture of a calibration: what was promised across, what came true upwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from model.calibration import Bin
from model.plotting.drawing import drawing_style, render


@dataclass(frozen=True, slots=True)
class Series:
    """A line of the picture, and its name."""

    name: str
    bins: Sequence[Bin]


def draw_reliability(series: Sequence[Series], good_chrf: str, kind: str) -> bytes:
    """``reliability_figure`` as ``png`` or ``svg``."""
    with drawing_style():
        return render(reliability_figure(series, good_chrf), kind)


def reliability_figure(series: Sequence[Series], good_chrf: str) -> Figure:
    """A point for each bin of each series; on the diagonal, what is said is what is so.

    Args:
        series: the lines.
        good_chrf: from which sentence chrF a translation is good, in words.
    """
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="#98a2b3", linewidth=1, linestyle="--", label="perfectly calibrated")
    for one in series:
        axes.plot(
            [each.confidence for each in one.bins],
            [each.good for each in one.bins],
            marker="o",
            markersize=4,
            linewidth=1.4,
            label=f"{one.name} ({sum(each.count for each in one.bins):,} sentences)",
        )
    axes.set_xlabel("confidence")
    axes.set_ylabel(f"share of translations with chrF ≥ {good_chrf}")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_aspect("equal")
    axes.grid(color="#e4e7ec", linewidth=0.6)
    axes.legend(frameon=False, fontsize=8, loc="upper left")
    return figure
