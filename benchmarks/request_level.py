"""The way most servers batch: requests that wait are taken together, and the next when these are done."""

from __future__ import annotations

from collections.abc import Collection

from service.engine.limits import EngineLimits
from service.engine.request import Priority
from service.engine.scheduler import Waiting, admit
from service.engine.turns import Queue, Turn

_UNTIL_ONE_ENDS = 1 << 20
"""Steps of a turn; nobody joins before."""


class RequestLevel:
    """A ``Scheduler`` that lets nobody join a batch that runs.

    It is kinder than servers that call a network once for each batch: what is done leaves at once, is
    answered at once, and costs nothing from then on.

    Args:
        limits: of a batch.
    """

    def __init__(self, limits: EngineLimits) -> None:
        self._limits = limits

    def turn(self, queue: Queue, running: Collection[Waiting], now: float) -> Turn:
        """See ``Scheduler``."""
        admitted = [] if running else admit(queue, (), self._limits, now)
        return Turn(Priority.INTERACTIVE, admitted, steps=_UNTIL_ONE_ENDS)

    def spent(self, seconds: float) -> None:
        """Does not matter."""
