"""When to try again, decided without a clock."""

from __future__ import annotations

from dataclasses import dataclass

from translate_client.errors import CannotConnect, ConnectionBroken, TranslateError, Unavailable


@dataclass(frozen=True, slots=True)
class Retries:
    """How often to try, and how long to wait in between.

    Only what the service has not begun is tried again: a request that did not reach it, or that it refused
    with 429 or 503. After a timeout it may still be at work, and the same text again would only add to that.
    Requests that merely read, such as the list of languages, are tried again after a broken connection too.

    Attributes:
        attempts: at most so many requests in all; 1 never tries again.
        first_delay_seconds: before the second attempt; it doubles from one to the next.
        max_delay_seconds: longest wait; where the service's ``Retry-After`` is longer, its refusal is raised
            at once.
    """

    attempts: int = 4
    first_delay_seconds: float = 0.5
    max_delay_seconds: float = 30.0

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError(f"attempts must be at least 1, not {self.attempts}")
        if not 0 <= self.first_delay_seconds <= self.max_delay_seconds:
            raise ValueError("first_delay_seconds must be between 0 and max_delay_seconds")

    def delay_after(
        self, error: TranslateError, attempt: int, chance: float, *, reads_only: bool
    ) -> float | None:
        """Seconds to wait before the next attempt; None if there is to be none.

        Never less than ``Retry-After``. Chance spreads the clients that were refused together: without
        ``Retry-After`` over the upper half of the delay, with it over as long a time behind it.

        Args:
            error: what became of the attempt.
            attempt: which it was, from 1.
            chance: a random number from 0 to 1.
            reads_only: whether the request changes nothing and costs little.
        """
        if attempt >= self.attempts or not _may_repeat(error, reads_only):
            return None
        delay = min(self.first_delay_seconds * 2.0 ** (attempt - 1), self.max_delay_seconds)
        least = error.retry_after_seconds if isinstance(error, Unavailable) else None
        if least is None:
            return delay * (0.5 + 0.5 * chance)
        return None if least > self.max_delay_seconds else least + 0.5 * delay * chance


def _may_repeat(error: TranslateError, reads_only: bool) -> bool:
    return isinstance(error, CannotConnect | Unavailable) or (
        reads_only and isinstance(error, ConnectionBroken)
    )
