"""How fast the queue empties, and so when a refused caller should try again."""

from __future__ import annotations

import math

from service.engine.queue import Size

MIN_RETRY_SECONDS = 1
MAX_RETRY_SECONDS = 60
HORIZON_SECONDS = 5.0
"""Busy time over which a measurement's weight falls to 1/e."""


class Throughput:
    """Work taken from the queue per second of busy time, recent work counting most.

    Idle time is left out: the rate says what the engine can do, not what it was asked to do.
    """

    def __init__(self) -> None:
        self._segments = 0.0
        self._tokens = 0.0
        self._seconds = 0.0

    def record(self, taken: Size, busy_seconds: float) -> None:
        """Account for ``taken`` in ``busy_seconds`` of work."""
        keep = math.exp(-busy_seconds / HORIZON_SECONDS)
        self._segments = self._segments * keep + taken.segments
        self._tokens = self._tokens * keep + taken.tokens
        self._seconds = self._seconds * keep + busy_seconds

    def retry_after_seconds(self, excess: Size) -> int:
        """Whole seconds until the queue has likely shrunk by ``excess``, between 1 and 60."""
        rates = ((excess.segments, self._segments), (excess.tokens, self._tokens))
        waits = [amount * self._seconds / taken for amount, taken in rates if amount and taken > 0]
        longest = math.ceil(max(waits, default=0.0))
        return min(max(longest, MIN_RETRY_SECONDS), MAX_RETRY_SECONDS)
