"""Processor time on a machine whose speed changes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

LOOK_SECONDS = 0.05
"""After so much time the processor's speed is looked at again."""
FIRST_LOOKS = 30


class SteadyTimer:
    """Processor time of the calling thread, as if the processor always were as fast as at the beginning.

    A virtual processor loses a tenth or a fifth of its speed to whatever the other thread of its core does,
    for seconds at a time; near saturation that makes queues several times as long. So a piece of work that is
    always the same is done every ``LOOK_SECONDS``, apart from the time that is told, and time passes by what
    it takes.

    Args:
        work: some milliseconds of what the processor does in between.
        timer: seconds from some moment on.
    """

    def __init__(self, work: Callable[[], None], timer: Callable[[], float] = time.thread_time) -> None:
        self._work = work
        self._timer = timer
        self._unit = statistics.median(self._look() for _ in range(FIRST_LOOKS))
        self._seen = self._unit
        self._looked = timer()
        self._then = self._told = 0.0

    def __call__(self) -> float:
        """Seconds since the beginning; never less than before."""
        now = self._timer()
        if now - self._looked >= LOOK_SECONDS:
            seen = self._look()
            self._then += (now - self._looked) * 2 * self._unit / (self._seen + seen)
            self._seen, self._looked = seen, self._timer()
            now = self._looked
        self._told = max(self._told, self._then + (now - self._looked) * self._unit / self._seen)
        return self._told

    def _look(self) -> float:
        begin = self._timer()
        self._work()
        return self._timer() - begin
