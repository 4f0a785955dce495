"""How one request went."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

TRANSLATED = "200"
TIMEOUT = "timeout"
CONNECTION = "connection"
INVALID_ANSWER = "invalid answer"

Send = Callable[[Sequence[str]], Awaitable[str]]
"""Asks for texts to be translated; gives the HTTP status as text, or one of the constants above."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A request that is over. Times are seconds after the start of the run.

    Attributes:
        status: the HTTP status as text, or one of the constants above.
        arrival: when it was meant to be sent; a closed loop means it when it does it.
        started: when the generator came to it, before it waited for a connection.
        end: when the answer was complete, or the wait was given up.
    """

    status: str
    arrival: float
    started: float
    end: float

    @property
    def latency(self) -> float:
        """Seconds from the intended arrival until the end: what a user waits."""
        return self.end - self.arrival
