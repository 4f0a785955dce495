"""Segments that are shared and remembered, over an engine that does what the test says."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import pytest

from model.config import DecodingOptions
from service.cache.sharing import SharingEngine
from service.cache.store import LruStore
from service.engine.observer import CacheResult
from service.engine.request import Priority, SegmentRequest, SegmentResult, Ticket
from service.errors import DeadlineExceeded, NotReady, Overloaded, TranslationFailed
from tests.service.cache.fakes import ManualEngine, Tally
from tests.service.engine.harness import ManualClock
from tests.service.fakes import echo
from tests.service.harness import asynchronous

HIT, MISS, COALESCED, BYPASS = CacheResult


def segment(
    *pieces: int, priority: Priority = Priority.INTERACTIVE, deadline: float | None = None, seed: int = 0
) -> SegmentRequest:
    return SegmentRequest((2, *pieces, 3), DecodingOptions(seed=seed), priority, deadline)


class Shared:
    """A sharing engine and what is around it."""

    def __init__(self, *, off: bool = False, room: int = 1000) -> None:
        self.engine = ManualEngine(room=room)
        self.tally = Tally()
        self.clock = ManualClock()
        self.store = LruStore(100)
        store = None if off else self.store
        self.front = SharingEngine(self.engine, "digest", store, self.tally, self.clock)

    def submit(self, *requests: SegmentRequest) -> Sequence[Ticket]:
        return self.front.submit(list(requests))

    def one(self, request: SegmentRequest) -> Ticket:
        (ticket,) = self.submit(request)
        return ticket


async def ends(*tickets: Ticket) -> list[SegmentResult | BaseException]:
    return await asyncio.gather(*[ticket.result() for ticket in tickets], return_exceptions=True)


async def turn() -> None:
    """Let callbacks that wait for the next turns of the loop run."""
    for _ in range(3):
        await asyncio.sleep(0)


@asynchronous
async def test_identical_segments_are_decoded_once_and_then_remembered() -> None:
    shared = Shared()
    tickets = [*shared.submit(segment(5), segment(6), segment(5)), shared.one(segment(5))]
    assert [work.request for work in shared.engine.works] == [segment(5), segment(6)]
    for work in shared.engine.works:
        work.finish()
    first, other, *same = await ends(*tickets)
    assert isinstance(first, SegmentResult)
    assert isinstance(other, SegmentResult)
    assert (first.translation, other.translation) == (echo(segment(5)), echo(segment(6)))
    assert same == [first, first]
    remembered = await shared.one(segment(5)).result()
    assert remembered == SegmentResult(first.translation, queue_seconds=0.0, decode_seconds=0.0)
    assert shared.tally.counts == {MISS: 2, COALESCED: 2, HIT: 1}
    assert len(shared.engine.works) == 2


@asynchronous
async def test_what_differs_in_anything_is_not_shared() -> None:
    shared = Shared()
    shared.submit(segment(5), segment(5, seed=1), segment(5, 6))
    assert len(shared.engine.works) == 3


@asynchronous
async def test_two_checkpoints_share_a_store_and_nothing_in_it() -> None:
    shared = Shared()
    other = SharingEngine(shared.engine, "other digest", shared.store, shared.tally, shared.clock)
    ticket = shared.one(segment(5))
    shared.engine.works[0].finish()
    await ticket.result()
    other.submit([segment(5)])
    assert len(shared.engine.works) == 2


@asynchronous
async def test_the_work_ends_when_the_last_sharer_leaves_and_not_before() -> None:
    shared = Shared()
    first, second, third = shared.submit(segment(5), segment(5), segment(5))
    (work,) = shared.engine.works
    first.cancel()
    first.cancel()
    third.cancel()
    assert not work.future.done()
    second.cancel()
    assert work.future.cancelled()
    assert all(isinstance(end, asyncio.CancelledError) for end in await ends(first, second, third))
    again = shared.one(segment(5))
    shared.engine.works[1].finish()
    assert (await again.result()).translation == echo(segment(5))


@asynchronous
async def test_a_result_that_crosses_the_last_cancellation_is_kept() -> None:
    shared = Shared()
    deserted = shared.one(segment(5))
    shared.engine.works[0].finish()
    deserted.cancel()
    again = shared.one(segment(5))  # a new flight: the result is not seen yet
    await turn()
    shared.engine.works[1].fail(TranslationFailed("poison"))
    joined = shared.one(segment(5))
    assert shared.tally.counts[HIT] == 1
    assert (await joined.result()).translation == echo(segment(5))
    assert isinstance((await ends(again))[0], TranslationFailed)


@asynchronous
async def test_an_error_that_crosses_the_last_cancellation_is_no_business_of_those_who_come_later() -> None:
    shared = Shared()
    deserted = shared.one(segment(5))
    shared.engine.works[0].fail(TranslationFailed("poison"))
    deserted.cancel()
    again = shared.one(segment(5))
    await turn()
    joined = shared.one(segment(5))
    assert len(shared.engine.works) == 2
    shared.engine.works[1].finish()
    assert all(isinstance(end, SegmentResult) for end in await ends(again, joined))


@asynchronous
async def test_an_error_reaches_every_sharer_and_is_not_remembered() -> None:
    shared = Shared()
    tickets = shared.submit(segment(5), segment(5))
    shared.engine.works[0].fail(TranslationFailed("poison"))
    for ended in await ends(*tickets):
        assert isinstance(ended, TranslationFailed)
    again = shared.one(segment(5))
    shared.engine.works[1].finish()
    assert (await again.result()).translation == echo(segment(5))


@asynchronous
async def test_only_what_must_be_decoded_needs_room_and_all_of_it_does() -> None:
    shared = Shared(room=2)
    shared.submit(segment(5), segment(6))
    joined = shared.submit(segment(6), segment(5), segment(5))
    assert len(joined) == 3
    with pytest.raises(Overloaded):
        shared.submit(segment(5), segment(7), segment(6))
    assert shared.tally.counts == {MISS: 2, COALESCED: 3}
    shared.engine.works[1].finish()
    await turn()
    shared.submit(segment(5), segment(7), segment(6))
    assert shared.tally.counts == {MISS: 3, COALESCED: 4, HIT: 1}


@asynchronous
async def test_an_engine_that_takes_no_work_answers_nothing_from_memory() -> None:
    shared = Shared()
    ticket = shared.one(segment(5))
    shared.engine.works[0].finish()
    await ticket.result()
    shared.engine.refusal = NotReady("draining")
    with pytest.raises(NotReady):
        shared.submit(segment(5))


@asynchronous
async def test_turned_off_everything_is_decoded_and_counted_as_a_bypass() -> None:
    shared = Shared(off=True)
    tickets = shared.submit(segment(5), segment(5))
    for work in shared.engine.works:
        work.finish()
    await ends(*tickets)
    shared.submit(segment(5))
    assert len(shared.engine.works) == 3
    assert shared.tally.counts == {BYPASS: 3}


@asynchronous
async def test_a_later_deadline_and_a_better_priority_are_passed_on() -> None:
    shared = Shared()
    now = shared.clock.now
    shared.one(segment(5, priority=Priority.BULK, deadline=now + 60.0))
    (work,) = shared.engine.works
    shared.one(segment(5, priority=Priority.BULK, deadline=now + 50.0))
    assert work.shared == []
    shared.one(segment(5, priority=Priority.BULK, deadline=now + 70.0))
    shared.one(segment(5, priority=Priority.INTERACTIVE, deadline=now + 65.0))
    shared.one(segment(5, priority=Priority.BULK))
    assert work.shared == [
        (Priority.BULK, now + 70.0),
        (Priority.INTERACTIVE, now + 70.0),
        (Priority.INTERACTIVE, None),
    ]


@pytest.mark.parametrize("earlier_first", [True, False])
@asynchronous
async def test_each_sharer_has_its_own_deadline(earlier_first: bool) -> None:
    shared = Shared()
    deadlines = [shared.clock.now + 0.02, shared.clock.now + 60.0]
    tickets = {at: shared.one(segment(5, deadline=at)) for at in sorted(deadlines, reverse=not earlier_first)}
    begin = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        await tickets[deadlines[0]].result()
    assert time.monotonic() - begin < 10.0
    (work,) = shared.engine.works
    assert work.deadline == deadlines[1]
    work.finish()
    assert (await tickets[deadlines[1]].result()).translation == echo(segment(5))


@asynchronous
async def test_the_last_one_to_expire_ends_the_work() -> None:
    shared = Shared()
    early = shared.one(segment(5, deadline=shared.clock.now + 0.01))
    shared.one(segment(5)).cancel()
    with pytest.raises(DeadlineExceeded):
        await early.result()
    assert shared.engine.works[0].future.cancelled()


@asynchronous
async def test_who_joins_too_late_for_the_engine_to_notice_is_decoded_after_all() -> None:
    shared = Shared()
    now = shared.clock.now
    early = shared.one(segment(5, deadline=now + 30.0))
    shared.engine.works[0].fail(DeadlineExceeded("on its way"))
    late = shared.one(segment(5, priority=Priority.BULK, deadline=now + 90.0))
    latest = shared.one(segment(5, priority=Priority.BULK))
    latest.cancel()
    shared.clock.now = now + 30.0
    with pytest.raises(DeadlineExceeded):
        await early.result()
    again = shared.engine.works[1]
    assert again.request == segment(5, priority=Priority.BULK, deadline=now + 90.0)
    joined = shared.one(segment(5, deadline=now + 80.0))
    assert again.shared == [(Priority.INTERACTIVE, now + 90.0)]
    again.finish()
    results = await ends(late, joined)
    assert [result.translation for result in results if isinstance(result, SegmentResult)] == [
        echo(segment(5))
    ] * 2


@asynchronous
async def test_if_there_is_no_room_to_begin_again_that_is_what_is_said() -> None:
    shared = Shared()
    shared.one(segment(5, deadline=shared.clock.now))
    late = shared.one(segment(5))
    shared.engine.refusal = Overloaded("full")
    shared.engine.works[0].fail(DeadlineExceeded("on its way"))
    with pytest.raises(Overloaded):
        await late.result()
    shared.engine.refusal = None
    shared.one(segment(5))
    assert len(shared.engine.works) == 2
