"""The picture of an attention matrix: source across, translation down, darker is more."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from model.plotting.drawing import drawing_style, render
from model.plotting.matrix import AttentionMatrix

CELL_INCHES = 0.26
_LETTER_INCHES = 0.085
_LABEL_LETTERS = 24
_BAR_INCHES = 0.9


def draw_attention(matrix: AttentionMatrix, kind: str) -> bytes:
    """``matrix`` as ``png`` or ``svg``; a cell is ``CELL_INCHES`` wide, so the picture grows with them."""
    source, target = (list(map(_label, labels)) for labels in (matrix.source, matrix.target))
    with drawing_style():
        figure = Figure(figsize=_size(source, target), layout="constrained")
        axes = figure.add_subplot()
        image = axes.imshow(
            matrix.weights.numpy(), cmap="Blues", vmin=0, vmax=1, aspect="equal", interpolation="none"
        )
        _label_axes(axes, source, target)
        bar = figure.colorbar(image, ax=axes, fraction=0.04, pad=0.02, ticks=[0, 0.5, 1])
        bar.ax.tick_params(length=0)
        bar.outline.set_visible(False)
        return render(figure, kind)


def _label_axes(axes: Axes, source: list[str], target: list[str]) -> None:
    axes.set_xticks(range(len(source)), source, rotation=90)
    axes.set_yticks(range(len(target)), target)
    axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    axes.spines[:].set_visible(False)
    axes.set_xticks([x - 0.5 for x in range(1, len(source))], minor=True)
    axes.set_yticks([y - 0.5 for y in range(1, len(target))], minor=True)
    axes.grid(which="minor", color="#e4e7ec", linewidth=0.5)
    axes.tick_params(which="minor", length=0)


def _size(source: list[str], target: list[str]) -> tuple[float, float]:
    """Inches: cells, and room for the longest label on either axis."""
    across = len(source) * CELL_INCHES + max(map(len, target)) * _LETTER_INCHES
    down = len(target) * CELL_INCHES + max(map(len, source)) * _LETTER_INCHES
    return across + _BAR_INCHES, max(down + 0.3, 1.6)


def _label(text: str) -> str:
    return text if len(text) <= _LABEL_LETTERS else text[: _LABEL_LETTERS - 1] + "…"
