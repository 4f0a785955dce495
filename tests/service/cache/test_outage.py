"""The circuit breaker: who asks while something does not answer."""

from __future__ import annotations

from service.cache.outage import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, Outage
from tests.service.engine.harness import ManualClock


def pauses(outage: Outage, clock: ManualClock, probes: int) -> list[float]:
    """The seconds until each of so many probes, all of which fail."""
    waited = []
    for _ in range(probes):
        begin = clock.now
        while not outage.allows():
            clock.now += FIRST_PAUSE_SECONDS / 4
        waited.append(clock.now - begin)
        assert not outage.failed()
    return waited


def test_nobody_asks_during_a_pause_that_doubles_up_to_a_bound() -> None:
    clock = ManualClock()
    outage = Outage(clock)
    assert outage.allows()
    assert outage.failed()
    waited = pauses(outage, clock, 8)
    assert waited == [min(FIRST_PAUSE_SECONDS * 2**n, LONGEST_PAUSE_SECONDS) for n in range(8)]


def test_one_asks_for_all_and_its_answer_ends_the_outage() -> None:
    clock = ManualClock()
    outage = Outage(clock)
    outage.failed()
    clock.now += FIRST_PAUSE_SECONDS
    assert [outage.allows() for _ in range(3)] == [True, False, False]
    assert outage.is_on
    assert outage.answered() == FIRST_PAUSE_SECONDS
    assert [outage.allows() for _ in range(3)] == [True] * 3
    assert outage.answered() is None
    assert outage.failed(), "the next outage begins anew"
    assert pauses(outage, clock, 1) == [FIRST_PAUSE_SECONDS]


def test_many_who_asked_before_the_outage_do_not_make_it_longer() -> None:
    clock = ManualClock()
    outage = Outage(clock)
    assert [outage.failed() for _ in range(100)] == [True] + [False] * 99
    assert pauses(outage, clock, 1) == [FIRST_PAUSE_SECONDS]


def test_a_probe_that_never_hears_anything_is_followed_by_another() -> None:
    clock = ManualClock()
    outage = Outage(clock)
    outage.failed()
    clock.now += FIRST_PAUSE_SECONDS
    assert outage.allows()
    clock.now += FIRST_PAUSE_SECONDS
    assert outage.allows()
