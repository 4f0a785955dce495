"""A service's start and its memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
import numpy.typing as npt
from rich.console import Console

from benchmarks.summary import Spread
from model.config import Frozen

SETTLING = 0.25
"""The share of the samples in which caches fill; the slope is that of the others."""
BLOCKS = 10
"""Neighbouring samples are alike, so the interval of the slope is told from the means of so many blocks."""
_STUDENT_95 = 2.306
"""The two-sided 95 % quantile of Student's t with ``BLOCKS - 2`` degrees of freedom."""


class Start(Frozen):
    """One start.

    Attributes:
        seconds: by the clock, until ``/ready`` said yes.
        cpu_seconds: of the processor.
        resident_mebibytes: then.
    """

    seconds: float
    cpu_seconds: float
    resident_mebibytes: float


class Growth(Frozen):
    """Memory while sentences are translated.

    Attributes:
        sentences: in all.
        resident_mebibytes: by sentences so far.
        slope_mebibytes: for every 10,000 sentences, once settled.
        slope_interval_mebibytes: the 95 % confidence interval of that.
        noise_mebibytes: standard deviation around the line.
    """

    sentences: int
    resident_mebibytes: tuple[tuple[int, float], ...]
    slope_mebibytes: float
    slope_interval_mebibytes: tuple[float, float]
    noise_mebibytes: float

    @classmethod
    def of(cls, samples: Sequence[tuple[int, float]]) -> Self:
        """Of ``samples``: sentences so far, and mebibytes; at least 14."""
        settled = np.array(samples[round(SETTLING * len(samples)) :])
        slope, intercept = np.polyfit(settled[:, 0], settled[:, 1], 1)
        rest = settled[:, 1] - (slope * settled[:, 0] + intercept)
        return cls(
            sentences=samples[-1][0],
            resident_mebibytes=tuple(samples),
            slope_mebibytes=float(slope) * 10_000,
            slope_interval_mebibytes=_slope_interval(settled),
            noise_mebibytes=float(rest.std()),
        )


def _slope_interval(settled: npt.NDArray[np.float64]) -> tuple[float, float]:
    """The 95 % interval of the slope, for every 10,000 sentences.

    Args:
        settled: sentences so far and mebibytes, ``[samples, 2]``.
    """
    means = np.array([block.mean(0) for block in np.array_split(settled, BLOCKS)])
    x, y = (means - means.mean(0)).T
    slope = (x @ y) / (x @ x)
    error = float(np.sqrt(((y - slope * x) ** 2).sum() / (BLOCKS - 2) / (x @ x)))
    middle, reach = 10_000 * float(slope), 10_000 * _STUDENT_95 * error
    return middle - reach, middle + reach


class FootprintResults(Frozen):
    """All that was measured.

    Attributes:
        checkpoints: the name of the folder that was served.
        settings: variables of the service's environment, but for where and what it serves.
        starts: each of them.
        growth: over many sentences.
    """

    checkpoints: str
    settings: Mapping[str, str]
    starts: tuple[Start, ...]
    growth: Growth


def show_footprint(results: FootprintResults) -> None:
    """Print what was measured."""
    growth, console = results.growth, Console(width=130, highlight=False)
    low, high = growth.slope_interval_mebibytes
    for name in ("seconds", "cpu_seconds", "resident_mebibytes"):
        spread = Spread.of([getattr(start, name) for start in results.starts])
        console.print(f"ready: {name} {spread.median:.2f} ({spread.low:.2f} to {spread.high:.2f})")
    console.print(
        f"{growth.sentences} sentences: {growth.slope_mebibytes:+.3f} MiB every 10,000 "
        f"({low:+.3f} to {high:+.3f}), noise {growth.noise_mebibytes:.2f} MiB; "
        f"{growth.resident_mebibytes[-1][1]:.0f} MiB in the end"
    )
