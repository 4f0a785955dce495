"""Many numbers in a few: spreads of repeats, percentiles of latencies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Self

from model.config import Frozen


def quantile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of ``values`` do not exceed, interpolated linearly between neighbours.

    Hyndman & Fan (1996), definition 7: of ``n`` sorted values the one at position ``share * (n - 1)``.

    Raises:
        ValueError: there are no values, or ``share`` is not in ``[0, 1]``.
    """
    if not values:
        raise ValueError("no values to summarise")
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"share must be from 0 to 1, not {share}")
    ordered = sorted(values)
    position = share * (len(ordered) - 1)
    below, above = ordered[math.floor(position)], ordered[math.ceil(position)]
    return below + (above - below) * (position % 1.0)


class Spread(Frozen):
    """What repeats of one measurement gave: the median, and how far they lie apart."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Median, least and greatest of ``values``, at least one."""
        return cls(median=quantile(values, 0.5), low=min(values), high=max(values))


class Latency(Frozen):
    """A distribution of latencies in milliseconds."""

    count: int
    mean_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Self | None:
        """The distribution of ``seconds``; None where there are none."""
        if not seconds:
            return None
        p50, p95, p99 = (1000.0 * quantile(seconds, share) for share in (0.5, 0.95, 0.99))
        return cls(
            count=len(seconds),
            mean_ms=1000.0 * math.fsum(seconds) / len(seconds),
            p50_ms=p50,
            p95_ms=p95,
            p99_ms=p99,
            max_ms=1000.0 * max(seconds),
        )
