"""Whatever happens, every sharer ends once and identical segments are never in the engine twice."""

from __future__ import annotations

import asyncio
import functools
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from dataclasses import replace as changed

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.decoding import RunningBatch
from model.tokenizer import EOS
from service.cache.grace import Grace
from service.cache.sharing import SharingEngine
from service.cache.store import LruStore, SegmentKey
from service.engine.engine import Engine
from service.engine.observer import CacheResult
from service.engine.request import Priority, SegmentRequest, SegmentResult, Ticket
from service.errors import DeadlineExceeded, Overloaded, TranslationFailed
from tests.service.cache.fakes import ManualEngine, Tally, Work
from tests.service.engine.fakes import SAMPLE, STEP_POISON, WAIT_SECONDS, HashNetwork, Recorder
from tests.service.engine.harness import LIMITS, alone, bounded, request
from tests.service.fakes import echo
from tests.service.harness import asynchronous

POISON = 9
STEPS = 25


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """A loop whose clock is moved by hand, and whose timers obey it."""

    now = 1000.0

    def time(self) -> float:
        return self.now


def drawn_request(draw: random.Random, now: float) -> SegmentRequest:
    deadline = draw.choice([None, now + draw.randint(1, 8)])
    return request(draw.randint(6, POISON), priority=draw.choice(list(Priority)), deadline=deadline)


@dataclass
class World:
    """A sharing engine over a manual one, random events, and what they must lead to."""

    draw: random.Random
    loop: VirtualTimeLoop
    engine: ManualEngine = field(default_factory=lambda: ManualEngine(room=3))
    tally: Tally = field(default_factory=Tally)
    asked: list[tuple[SegmentRequest, Ticket]] = field(default_factory=list)
    endings: list[asyncio.Task[SegmentResult]] = field(default_factory=list)
    ended_at: dict[int, float] = field(default_factory=dict)
    cancelled: set[int] = field(default_factory=set)
    refused: int = 0

    def __post_init__(self) -> None:
        self.front = SharingEngine(
            self.engine,
            "digest",
            LruStore(2),
            self.tally,
            clock=lambda: self.loop.now,
            grace=Grace(self.draw.choice([0.0, 2.0]), max_segments=2, patience_seconds=1.0),
        )

    def submit(self) -> None:
        requests = [drawn_request(self.draw, self.loop.now) for _ in range(self.draw.randint(1, 3))]
        works = len(self.engine.works)
        try:
            tickets = self.front.submit(requests)
        except Overloaded:
            assert len(self.engine.works) == works
            self.refused += len(requests)
            return
        for wanted, ticket in zip(requests, tickets, strict=True):
            number = len(self.asked)
            self.asked.append((wanted, ticket))
            task = asyncio.ensure_future(ticket.result())
            task.add_done_callback(functools.partial(self.note_end, number))
            self.endings.append(task)

    def note_end(self, number: int, _: asyncio.Task[SegmentResult]) -> None:
        self.ended_at[number] = self.loop.now

    def cancel(self) -> None:
        if self.asked:
            victim = self.draw.randrange(len(self.asked))
            self.asked[victim][1].cancel()
            self.cancelled.add(victim)

    def end_one(self) -> None:
        if self.engine.open:
            self.end(self.draw.choice(self.engine.open))

    def end(self, work: Work) -> None:
        if POISON in work.request.source:
            work.fail(TranslationFailed("poison"))
        else:
            work.finish()

    def pass_time(self) -> None:
        """As the engine does, what is late ends; sometimes it has not yet heard of a later deadline."""
        self.loop.now += self.draw.choice([0.5, 1.0, 3.0])
        for work in self.engine.open:
            known = self.draw.choice([work.deadline, work.request.deadline])
            if known is not None and known <= self.loop.now:
                work.fail(DeadlineExceeded("late"))

    def check_engine(self) -> None:
        keys = Counter(SegmentKey.of("", work.request) for work in self.engine.open)
        assert max(keys.values(), default=0) <= 1, "the same segment is in the engine twice"

    def check_punctual(self) -> None:
        for (wanted, _), task in zip(self.asked, self.endings, strict=True):
            assert task.done() or wanted.deadline is None or wanted.deadline > self.loop.now

    def check_ending(self, number: int, ended: SegmentResult | BaseException) -> None:
        wanted, _ = self.asked[number]
        if isinstance(ended, SegmentResult):
            assert ended.translation == echo(wanted)
        elif isinstance(ended, TranslationFailed):
            assert POISON in wanted.source
        elif isinstance(ended, DeadlineExceeded):
            assert wanted.deadline is not None
            assert self.ended_at[number] >= wanted.deadline
        elif isinstance(ended, Overloaded):  # there was no room to begin again
            assert any(isinstance(error, DeadlineExceeded) for error in self.failures(wanted))
        else:
            assert isinstance(ended, asyncio.CancelledError)
            assert number in self.cancelled

    def failures(self, wanted: SegmentRequest) -> Sequence[BaseException | None]:
        return [
            work.future.exception()
            for work in self.engine.works
            if work.request.source == wanted.source and not work.future.cancelled()
        ]


async def live(draw: random.Random, loop: VirtualTimeLoop) -> World:
    world = World(draw, loop)
    events = [world.submit, world.submit, world.cancel, world.end_one, world.pass_time]
    for _ in range(STEPS):
        draw.choice(events)()
        for _ in range(draw.randint(0, 4)):  # let the loop be at any point
            await asyncio.sleep(0)
            world.check_engine()
    for _ in range(10):
        await asyncio.sleep(0)
    world.check_punctual()
    while any(not task.done() for task in world.endings):
        for work in world.engine.open:
            world.end(work)
        await asyncio.sleep(0)
        world.check_engine()
    ended = await asyncio.gather(*world.endings, return_exceptions=True)
    assert await world.front.drain(WAIT_SECONDS)
    for number, ending in enumerate(ended):
        world.check_ending(number, ending)
    return world


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_every_sharer_ends_once_and_no_segment_is_decoded_twice_at_once(seed: int) -> None:
    loop = VirtualTimeLoop()
    raised: list[object] = []
    loop.set_exception_handler(lambda _loop, context: raised.append(context))
    try:
        world = loop.run_until_complete(live(random.Random(seed), loop))
    finally:
        loop.close()
    assert raised == []
    assert world.engine.open == []
    counts = world.tally.counts
    assert counts.total() == len(world.asked)
    again = len(world.engine.works) - counts[CacheResult.MISS]
    assert (
        0
        <= again
        <= sum(
            isinstance(error, DeadlineExceeded)
            for work in world.engine.works
            if not work.future.cancelled()
            for error in [work.future.exception()]
        )
    )


@pytest.mark.parametrize("seed", range(3))
@bounded
async def test_over_the_real_engine_every_sharer_ends_once(seed: int) -> None:
    draw, recorder, tally = random.Random(seed), Recorder(), Tally()
    engine = Engine(lambda: RunningBatch(HashNetwork()), SAMPLE, LIMITS, recorder)
    front = SharingEngine(engine, "digest", LruStore(4), tally)
    await front.start()
    asked: list[tuple[SegmentRequest, Ticket]] = []
    endings: list[asyncio.Task[SegmentResult]] = []
    cancelled: set[int] = set()
    for _ in range(150):
        requests = [
            request(draw.choice([5, 6, 7, 8, STEP_POISON]), beam=draw.randint(1, 2))
            for _ in range(draw.randint(0, 6))
        ]
        tickets = front.submit([changed(one, priority=draw.choice(list(Priority))) for one in requests])
        asked += zip(requests, tickets, strict=True)
        endings += [asyncio.create_task(ticket.result()) for ticket in tickets]
        if asked and draw.random() < 0.5:
            victim = draw.randrange(len(asked))
            asked[victim][1].cancel()
            cancelled.add(victim)
        await asyncio.sleep(draw.choice([0.0, 0.002]))
    ended = await asyncio.gather(*endings, return_exceptions=True)
    assert await front.drain(WAIT_SECONDS)
    for number, ((wanted, _), ending) in enumerate(zip(asked, ended, strict=True)):
        if isinstance(ending, SegmentResult):
            assert ending.translation == alone(wanted)
        elif isinstance(ending, TranslationFailed):
            assert wanted.source == (STEP_POISON, EOS)
        else:
            assert isinstance(ending, asyncio.CancelledError)
            assert number in cancelled
    assert recorder.counts.total() == tally.counts[CacheResult.MISS]
    assert tally.counts.total() == len(asked)
    assert min(tally.counts[kind] for kind in (CacheResult.HIT, CacheResult.COALESCED)) > 0


@asynchronous
async def test_many_equal_lines_in_one_request_cost_little_each() -> None:
    engine = ManualEngine()
    front = SharingEngine(engine, "digest", LruStore(10), Tally())
    loop = asyncio.get_running_loop()
    begin = loop.time()
    tickets = [front.submit([request(5, deadline=begin + 60.0 + number / 1000)])[0] for number in range(4000)]
    for ticket in tickets:
        ticket.cancel()
    assert loop.time() - begin < 4.0  # some hundredths; each looking at all the others would take minutes
    assert engine.open == []
