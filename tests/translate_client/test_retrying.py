"""When to try again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate_client.errors import (
    CannotConnect,
    ConnectionBroken,
    DeadlineExceeded,
    InvalidRequest,
    NotReady,
    Overloaded,
    TranslateError,
    TranslationFailed,
    UnexpectedAnswer,
)
from translate_client.retrying import Retries

CHANCES = st.floats(0, 1)
ATTEMPTS = st.integers(1, 20)


def overloaded(seconds: float | None) -> Overloaded:
    return Overloaded("the queue is full", 429, "id", seconds)


@pytest.mark.parametrize(
    ("error", "again", "again_if_it_reads"),
    [
        (CannotConnect("refused"), True, True),
        (overloaded(None), True, True),
        (NotReady("starting", 503), True, True),
        (ConnectionBroken("timed out"), False, True),
        (TranslationFailed("failed", 500), False, False),
        (DeadlineExceeded("too late", 504), False, False),
        (InvalidRequest("wrong", 400), False, False),
        (UnexpectedAnswer("a proxy"), False, False),
    ],
)
def test_only_what_was_not_begun_is_tried_again(
    error: TranslateError, again: bool, again_if_it_reads: bool
) -> None:
    retries = Retries()
    assert (retries.delay_after(error, 1, 0.5, reads_only=False) is not None) == again
    assert (retries.delay_after(error, 1, 0.5, reads_only=True) is not None) == again_if_it_reads


def test_delays_double_up_to_the_longest() -> None:
    retries = Retries(attempts=9, first_delay_seconds=1, max_delay_seconds=10)
    delays = [
        retries.delay_after(CannotConnect(), attempt, 1.0, reads_only=False) for attempt in range(1, 10)
    ]
    assert delays == [1, 2, 4, 8, 10, 10, 10, 10, None]


@given(ATTEMPTS, CHANCES, st.none() | st.floats(0, 100), st.floats(0, 5), st.floats(5, 60))
def test_waits_are_bounded_and_respect_retry_after(
    attempt: int, chance: float, asked: float | None, first: float, longest: float
) -> None:
    retries = Retries(attempts=21, first_delay_seconds=first, max_delay_seconds=longest)
    delay = retries.delay_after(overloaded(asked), attempt, chance, reads_only=False)
    if asked is not None and asked > longest:
        assert delay is None
        return
    assert delay is not None
    assert (asked or 0.0) <= delay <= 1.5 * longest


def test_clients_that_were_refused_together_come_back_apart() -> None:
    delays = {Retries().delay_after(overloaded(1), 1, tenth / 10, reads_only=False) for tenth in range(11)}
    assert len(delays) == 11


@pytest.mark.parametrize(
    "wrong", [{"attempts": 0}, {"first_delay_seconds": -1.0}, {"first_delay_seconds": 40.0}]
)
def test_nonsense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Retries(**wrong)  # type: ignore[arg-type] # attempts is an int there
