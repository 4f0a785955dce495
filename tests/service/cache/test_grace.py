"""What nobody waits for any more is kept for a while, for a client that comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from service.cache.grace import Grace
from service.cache.sharing import SharingEngine
from service.cache.store import LruStore
from service.engine.observer import CacheResult
from service.errors import DeadlineExceeded
from tests.service.cache.fakes import ManualEngine, Tally
from tests.service.cache.test_sharing import ends, segment, turn
from tests.service.engine.harness import ManualClock
from tests.service.fakes import echo
from tests.service.harness import asynchronous

PATIENCE = 2.0
LONG = 60.0


class Kept:
    """A sharing engine that keeps what is deserted, and what is around it."""

    def __init__(self, seconds: float = LONG, max_segments: int = 10, room: int = 1000) -> None:
        self.engine = ManualEngine(room=room)
        self.tally = Tally()
        self.clock = ManualClock()
        grace = Grace(seconds, max_segments, PATIENCE)
        self.front = SharingEngine(self.engine, "digest", LruStore(100), self.tally, self.clock, grace)

    def desert(self, *pieces: int, after: float = PATIENCE) -> None:
        """Ask for a segment, wait so long and leave."""
        (ticket,) = self.front.submit([segment(*pieces)])
        self.clock.now += after
        ticket.cancel()

    @property
    def open(self) -> list[int]:
        return [work.request.source[1] for work in self.engine.open]


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.005)


@asynchronous
async def test_a_client_that_comes_back_finds_its_segment_where_it_was() -> None:
    kept = Kept()
    kept.desert(5)
    (again,) = kept.front.submit([segment(5)])
    assert kept.tally.counts == {CacheResult.MISS: 1, CacheResult.COALESCED: 1}
    (work,) = kept.engine.works
    work.finish()
    assert (await again.result()).translation == echo(segment(5))


@asynchronous
async def test_what_is_finished_meanwhile_is_remembered() -> None:
    kept = Kept()
    kept.desert(5)
    kept.engine.works[0].finish()
    await turn()
    (again,) = kept.front.submit([segment(5)])
    assert kept.tally.counts[CacheResult.HIT] == 1
    assert (await again.result()).translation == echo(segment(5))


@asynchronous
async def test_after_the_grace_it_leaves_the_engine() -> None:
    kept = Kept(seconds=0.02)
    kept.desert(5)
    assert kept.open == [5]
    await until(lambda: kept.open == [])
    kept.front.submit([segment(5)])
    assert kept.tally.counts == {CacheResult.MISS: 2}


@asynchronous
async def test_whoever_came_back_is_not_interrupted_by_the_end_of_the_grace() -> None:
    kept = Kept(seconds=0.02)
    kept.desert(5)
    (again,) = kept.front.submit([segment(5)])
    await asyncio.sleep(0.06)
    assert kept.open == [5]
    again.cancel()
    assert kept.open == [5], "a second grace"
    await until(lambda: kept.open == [])


@asynchronous
async def test_whoever_leaves_at_once_has_changed_their_mind() -> None:
    kept = Kept()
    kept.desert(5, after=PATIENCE / 2)
    assert kept.open == []


@asynchronous
async def test_so_many_are_kept_and_no_more() -> None:
    kept = Kept(max_segments=2)
    for piece in (5, 6, 7):
        kept.desert(piece)
    assert kept.open == [5, 6]


@asynchronous
async def test_they_make_room_for_those_who_wait() -> None:
    kept = Kept(room=2)
    kept.desert(5)
    kept.desert(6)
    kept.front.submit([segment(7), segment(8)])
    assert kept.open == [7, 8]


@asynchronous
async def test_what_is_joined_by_the_same_request_makes_no_room_for_its_neighbours() -> None:
    kept = Kept(room=3)
    for piece in (5, 6, 7):
        kept.desert(piece)
    kept.front.submit([segment(8), segment(6)])
    assert kept.open == [6, 8]


@asynchronous
async def test_they_do_not_hold_up_the_end() -> None:
    kept = Kept()
    kept.desert(5)
    assert await kept.front.drain(1.0)
    assert kept.open == []


@asynchronous
async def test_a_deadline_that_passes_meanwhile_ends_it_for_good() -> None:
    kept = Kept()
    (ticket,) = kept.front.submit([segment(5, deadline=kept.clock.now + 10.0)])
    kept.clock.now += PATIENCE
    ticket.cancel()
    kept.engine.works[0].fail(DeadlineExceeded("late"))
    await turn()
    assert len(kept.engine.works) == 1
    assert isinstance((await ends(ticket))[0], asyncio.CancelledError)
    kept.front.submit([segment(5)])
    assert len(kept.engine.works) == 2
