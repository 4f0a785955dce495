"""The queue against a plain sorted list, and when to try again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.engine.limits import EngineLimits
from service.engine.queue import Size, WaitingQueue
from service.engine.request import Priority
from service.engine.scheduler import Waiting, is_expired, place
from service.engine.throughput import Throughput

LIMITS = EngineLimits(
    max_queue_segments=10, max_queue_tokens=100, bulk_handicap_seconds=3.0, length_handicap_seconds=2.0
)

operations = st.lists(
    st.one_of(
        st.tuples(
            st.just("add"),
            st.integers(1, 30),
            st.sampled_from(Priority),
            st.one_of(st.none(), st.integers(0, 30)),
        ),
        st.tuples(st.just("remove"), st.integers(0, 30)),
        st.tuples(
            st.just("share"),
            st.integers(0, 30),
            st.sampled_from(Priority),
            st.one_of(st.none(), st.integers(0, 60)),
        ),
        st.tuples(st.just("expire")),
    ),
    max_size=40,
)

_number = attrgetter("id")


def shared(entry: Waiting, priority: Priority, deadline: float | None, now: int) -> Waiting:
    """The better of staying in line and coming again; with the deadline either way."""
    ways = (entry, replace(entry, priority=priority, arrival=float(now)))
    return replace(min(ways, key=lambda way: place(way, LIMITS)), deadline=deadline)


@given(operations)
def test_the_queue_is_a_sorted_list(todo: list[tuple[object, ...]]) -> None:
    queue, model = WaitingQueue(LIMITS), list[Waiting]()
    for now, (name, *arguments) in enumerate(todo):
        if name == "add":
            tokens, priority, deadline = arguments
            entry = Waiting(now, tokens, 1, priority, float(now), deadline)  # type: ignore[arg-type]  # drawn
            queue.add([entry])
            model.append(entry)
        elif name == "remove":
            expected = next((entry for entry in model if entry.id == arguments[0]), None)
            assert queue.remove(arguments[0]) == expected  # type: ignore[arg-type]  # drawn
            model = [entry for entry in model if entry is not expected]
        elif name == "share":
            known = [entry for entry in model if entry.id == arguments[0]]
            wanted: tuple[int, Priority, int | None] = arguments  # type: ignore[assignment]  # drawn
            assert queue.share(wanted[0], wanted[1], wanted[2], now) == bool(known)
            model = [entry for entry in model if entry not in known]
            model += [shared(entry, wanted[1], wanted[2], now) for entry in known]
        else:
            gone = [entry for entry in model if is_expired(entry, now)]
            assert sorted(queue.pop_expired(now), key=_number) == sorted(gone, key=_number)
            model = [entry for entry in model if entry not in gone]
        assert list(queue) == sorted(model, key=lambda entry: place(entry, LIMITS))
        assert queue.size == Size.of(model)
        assert queue.oldest_arrival == min((entry.arrival for entry in model), default=None)


def test_excess_is_what_is_over_either_bound() -> None:
    queue = WaitingQueue(LIMITS)
    queue.add([Waiting(number, 11, 1, Priority.INTERACTIVE, 0.0) for number in range(8)])
    assert queue.excess(Size(2, 12)) == Size(0, 0)
    assert queue.excess(Size(3, 13)) == Size(1, 1)


def test_retry_after_is_the_excess_over_the_rate_of_busy_time() -> None:
    throughput = Throughput()
    for _ in range(300):
        throughput.record(Size(1, 20), busy_seconds=0.1)
    assert throughput.retry_after_seconds(Size(0, 1900)) == 10  # at 200 tokens a second
    assert throughput.retry_after_seconds(Size(195, 0)) == 20  # at 10 segments a second
    assert throughput.retry_after_seconds(Size(195, 1900)) == 20


def test_retry_after_follows_a_change_of_pace() -> None:
    throughput = Throughput()
    for segments in (100, 1):
        for _ in range(1000):
            throughput.record(Size(segments, segments), busy_seconds=0.1)
    assert throughput.retry_after_seconds(Size(195, 0)) == 20


def test_retry_after_is_between_one_second_and_a_minute() -> None:
    throughput = Throughput()
    assert throughput.retry_after_seconds(Size(5, 5)) == 1  # nothing is known yet
    throughput.record(Size(1, 1), busy_seconds=1.0)
    assert throughput.retry_after_seconds(Size(1000, 0)) == 60


@pytest.mark.parametrize(
    ("build", "name"),
    [
        (lambda: EngineLimits(max_queue_segments=0), "max_queue_segments"),
        (lambda: EngineLimits(max_queue_tokens=0), "max_queue_tokens"),
        (lambda: EngineLimits(max_running_rows=-1), "max_running_rows"),
        (lambda: EngineLimits(max_padded_tokens=0), "max_padded_tokens"),
        (lambda: EngineLimits(max_overtaken_seconds=-0.1), "max_overtaken_seconds"),
        (lambda: EngineLimits(bulk_handicap_seconds=float("inf")), "bulk_handicap_seconds"),
        (lambda: EngineLimits(length_handicap_seconds=-1.0), "length_handicap_seconds"),
        (lambda: EngineLimits(bulk_share=1.0), "bulk_share"),
        (lambda: EngineLimits(turn_hypotheses=0), "turn_hypotheses"),
        (lambda: EngineLimits(enough_hypotheses=0), "enough_hypotheses"),
    ],
)
def test_limits_out_of_range_are_named(build: Callable[[], EngineLimits], name: str) -> None:
    with pytest.raises(ValueError, match=name):
        build()
