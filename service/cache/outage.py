"""Whether a helper over the network is worth asking: a circuit breaker that decides with numbers alone."""

from __future__ import annotations

from collections.abc import Callable

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0


class Outage:
    """Remembers that something has failed, so that those who come next do not wait for it too.

    From the first failure on nobody asks, for a pause that doubles from ``FIRST_PAUSE_SECONDS`` up to
    ``LONGEST_PAUSE_SECONDS``. After each pause one asks for all; an answer to anybody ends the outage.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began: float | None = None
        self._pause = 0.0
        self._ask_at = 0.0
        self._probing = False

    @property
    def is_on(self) -> bool:
        """Whether the last thing heard was a failure."""
        return self._began is not None

    def allows(self) -> bool:
        """Whether to ask now; where it says so during an outage, it says no to the others for a pause."""
        if self._began is None:
            return True
        if self._clock() < self._ask_at:
            return False
        self._probing = True
        self._ask_at = self._clock() + self._pause  # should this one never hear anything, another one asks
        return True

    def failed(self) -> bool:
        """There was no answer. True where that begins an outage."""
        begins = self._began is None
        if begins:
            self._began, self._pause = self._clock(), FIRST_PAUSE_SECONDS
        elif self._probing:
            self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)
        else:
            return False  # it was asked before the outage, and is no news
        self._probing = False
        self._ask_at = self._clock() + self._pause
        return begins

    def answered(self) -> float | None:
        """There was an answer. The seconds that the outage lasted which it ends, if there was one."""
        began, self._began = self._began, None
        self._probing = False
        return None if began is None else self._clock() - began
