"""The meeting place of event loop and engine thread, mostly without a thread."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import replace

import pytest

from service.engine.inbox import Inbox, Orders
from service.engine.request import Priority
from service.engine.scheduler import Waiting
from service.errors import Overloaded
from tests.service.engine.fakes import WAIT_SECONDS
from tests.service.engine.harness import LIMITS, ManualClock, request


class Watched(dict[int, Waiting]):
    """An empty batch that counts how often it is looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0
        self.seen = threading.Event()

    def __len__(self) -> int:
        self.looks += 1
        self.seen.set()
        return super().__len__()


def admitted(orders: Orders | None) -> dict[int, Waiting]:
    assert orders is not None
    return {item.entry.id: item.entry for item in orders.admitted}


def test_the_place_of_a_row_that_leaves_is_filled_in_the_same_turn() -> None:
    clock = ManualClock()
    inbox = Inbox(replace(LIMITS, max_running_rows=2), clock)
    inbox.offer({number: request(5, deadline=clock.now + 10 * (1 + number)) for number in range(4)})
    running = admitted(inbox.take({}))
    assert list(running) == [0, 1]
    assert not inbox.withdraw(0)
    orders = inbox.take(running)
    assert orders is not None
    assert (orders.cancelled_running, list(admitted(orders))) == ({0}, [2])
    running = {1: running[1]} | admitted(orders)
    clock.now += 20.0
    orders = inbox.take(running)
    assert orders is not None
    assert (orders.expired_running, list(admitted(orders))) == ({1}, [3])
    assert inbox.snapshot().running_segments == 2


def test_what_follows_from_accepted_work_is_queued_beyond_the_limit_and_new_work_is_not() -> None:
    inbox = Inbox(replace(LIMITS, max_queue_segments=2), ManualClock())
    inbox.offer({0: request(5), 1: request(5)})
    inbox.offer({2: replace(request(5), follows=True)})
    assert inbox.snapshot().queued.segments == 3
    with pytest.raises(Overloaded):
        inbox.offer({3: request(5)})
    with pytest.raises(Overloaded):
        inbox.offer({3: request(5), 4: replace(request(5), follows=True)})
    assert sorted(admitted(inbox.take({}))) == [0, 1, 2]


def test_what_has_ended_before_it_was_cancelled_is_not_ordered_out() -> None:
    inbox = Inbox(LIMITS, ManualClock())
    inbox.offer({0: request(5), 1: request(6)})
    running = admitted(inbox.take({}))
    inbox.withdraw(0)
    orders = inbox.take({1: running[1]})
    assert orders is not None
    assert not orders.cancelled_running


def test_the_age_of_the_beat_counts_from_when_a_sleeping_thread_was_given_work() -> None:
    clock = ManualClock()
    inbox = Inbox(LIMITS, clock)
    clock.now += 50.0
    assert inbox.snapshot().beat_age_seconds == 0.0
    inbox.offer({0: request(5)})
    clock.now += 3.0
    assert inbox.snapshot().beat_age_seconds == 3.0  # it has not woken up yet
    inbox.take({})
    assert inbox.snapshot().beat_age_seconds == 0.0


def test_with_nothing_to_do_the_thread_sleeps_until_it_is_told() -> None:
    inbox = Inbox(LIMITS, ManualClock())
    nothing_runs = Watched()
    taken: queue.Queue[Orders | None] = queue.Queue()

    def take_twice() -> None:
        for _ in range(2):
            taken.put(inbox.take(nothing_runs))

    threading.Thread(target=take_twice, daemon=True).start()
    assert nothing_runs.seen.wait(WAIT_SECONDS)
    inbox.snapshot()  # waits for the lock, which is free once the thread sleeps
    time.sleep(0.05)
    assert nothing_runs.looks == 1  # it does not poll
    inbox.offer({7: request(5)})
    assert list(admitted(taken.get(timeout=WAIT_SECONDS))) == [7]
    inbox.close()
    assert taken.get(timeout=WAIT_SECONDS) is None


def test_a_row_that_is_shared_lives_until_the_later_deadline() -> None:
    clock = ManualClock()
    inbox = Inbox(LIMITS, clock)
    inbox.offer({number: request(5, deadline=clock.now + 10.0) for number in range(2)})
    running = admitted(inbox.take({}))
    inbox.share(0, Priority.INTERACTIVE, clock.now + 30.0)
    for seconds, expired in ((15.0, {1}), (10.0, set()), (10.0, {0})):
        clock.now += seconds
        orders = inbox.take(running)
        assert orders is not None
        assert orders.expired_running == expired
        running = {entry_id: entry for entry_id, entry in running.items() if entry_id not in expired}


def test_what_waits_keeps_the_later_deadline_when_it_joins() -> None:
    clock = ManualClock()
    inbox = Inbox(replace(LIMITS, max_running_rows=1), clock)
    inbox.offer({number: request(5, deadline=clock.now + 10.0 + number) for number in range(2)})
    running = admitted(inbox.take({}))
    inbox.share(1, Priority.INTERACTIVE, None)
    clock.now += 20.0
    orders = inbox.take(running)
    assert orders is not None
    assert (orders.expired_queued, orders.expired_running) == ([], {0})
    assert admitted(orders)[1].deadline is None


def test_sharing_what_has_ended_changes_nothing_later() -> None:
    clock = ManualClock()
    inbox = Inbox(LIMITS, clock)
    inbox.offer({0: request(5)})
    running = admitted(inbox.take({}))
    inbox.share(7, Priority.INTERACTIVE, clock.now - 1.0)
    orders = inbox.take(running)
    assert orders is not None
    assert not orders.expired_running
