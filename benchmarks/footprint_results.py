"""A service's start and its memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
from rich.console import Console

from benchmarks.summary import Spread
from model.config import Frozen

SETTLING = 0.25
"""The share of the samples in which caches fill; the slope is that of the others."""


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
        noise_mebibytes: standard deviation around the line.
    """

    sentences: int
    resident_mebibytes: tuple[tuple[int, float], ...]
    slope_mebibytes: float
    noise_mebibytes: float

    @classmethod
    def of(cls, samples: Sequence[tuple[int, float]]) -> Self:
        """Of ``samples``: sentences so far, and mebibytes; at least 4."""
        settled = np.array(samples[round(SETTLING * len(samples)) :])
        slope, intercept = np.polyfit(settled[:, 0], settled[:, 1], 1)
        rest = settled[:, 1] - (slope * settled[:, 0] + intercept)
        return cls(
            sentences=samples[-1][0],
            resident_mebibytes=tuple(samples),
            slope_mebibytes=float(slope) * 10_000,
            noise_mebibytes=float(rest.std()),
        )


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
    for name in ("seconds", "cpu_seconds", "resident_mebibytes"):
        spread = Spread.of([getattr(start, name) for start in results.starts])
        console.print(f"ready: {name} {spread.median:.2f} ({spread.low:.2f} to {spread.high:.2f})")
    console.print(
        f"{growth.sentences} sentences: {growth.slope_mebibytes:+.3f} MiB every 10,000, "
        f"noise {growth.noise_mebibytes:.2f} MiB; {growth.resident_mebibytes[-1][1]:.0f} MiB in the end"
    )
