"""Start, heartbeat, drain and death; and whatever happens, every ticket ends once."""

from __future__ import annotations

import asyncio
import random
import threading

import pytest

from model.decoding import RunningBatch
from service.engine.engine import Engine
from service.engine.request import SegmentRequest, SegmentResult, Ticket
from service.errors import DeadlineExceeded, NotReady, TranslationFailed
from tests.service.engine.fakes import (
    ENCODE_POISON,
    NAN_POISON,
    SAMPLE,
    STEP_POISON,
    WAIT_SECONDS,
    HashNetwork,
    Recorder,
)
from tests.service.engine.harness import (
    LIMITS,
    ManualClock,
    alone,
    bounded,
    happens,
    numbered,
    request,
    running_engine,
)


def engine_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "engine"]


@bounded
async def test_the_heart_beats_while_there_is_work_and_rests_without() -> None:
    clock = ManualClock()
    network = HashNetwork()
    async with running_engine(network, clock=clock) as engine:
        clock.now += 100.0
        assert engine.status().beat_age_seconds == 0.0  # idle, however long
        network.hold()
        (ticket, *_) = engine.submit(numbered(20))
        await happens(network.held)
        clock.now += 7.0
        status = engine.status()
        assert status.beat_age_seconds == 7.0  # stuck in a step
        assert (status.running_segments, status.queue_segments) == (16, 4)
        assert status.queue_oldest_seconds == 7.0
        network.release()
        await ticket.result()
    status = engine.status()
    assert (status.beat_age_seconds, status.running_segments, status.queue_segments) == (0.0, 0, 0)


@bounded
async def test_draining_finishes_what_was_admitted_and_takes_nothing_more() -> None:
    requests = numbered(100)
    async with running_engine(HashNetwork()) as engine:
        tickets = engine.submit(requests)
        (thread,) = engine_threads()
        drained = asyncio.create_task(engine.drain(WAIT_SECONDS))
        await asyncio.sleep(0)
        assert engine.status().draining
        assert not engine.status().ready
        with pytest.raises(NotReady, match="draining"):
            engine.submit([request(5)])
        results = await asyncio.gather(*[ticket.result() for ticket in tickets])
        assert await drained
    assert [result.translation for result in results] == [alone(wanted) for wanted in requests]
    thread.join(WAIT_SECONDS)
    assert not thread.is_alive()


@bounded
async def test_what_is_not_done_when_draining_ends_is_told_so() -> None:
    network = HashNetwork()
    async with running_engine(network) as engine:
        network.hold()
        (ticket,) = engine.submit([request(5)])
        await happens(network.held)
        drained = asyncio.create_task(engine.drain(0.01))
        with pytest.raises(NotReady, match="stopped"):
            await ticket.result()
        network.release()
        assert not await drained


@bounded
async def test_when_the_thread_dies_everyone_is_told_at_once(caplog: pytest.LogCaptureFixture) -> None:
    class Faulty(Recorder):
        def step_done(self, rows: int, padding_ratio: float, seconds: float) -> None:
            raise ZeroDivisionError

    clock = ManualClock()
    async with running_engine(HashNetwork(), Faulty(), clock=clock) as engine:
        tickets = engine.submit(numbered(100))
        for ticket in tickets:
            with pytest.raises(NotReady, match="died"):
                await ticket.result()
        assert not engine.status().ready
        with pytest.raises(NotReady, match="restarted"):
            engine.submit([request(5)])
        clock.now += 30.0
        status = engine.status()
        assert status.beat_age_seconds == 30.0
        assert (status.running_segments, status.queue_segments) == (0, 0)
        assert not await engine.drain(1.0)
    assert "the engine has died" in caplog.text


@bounded
async def test_a_network_that_no_longer_works_at_all_ends_the_engine() -> None:
    network = HashNetwork()
    async with running_engine(network) as engine:
        network.hold()
        tickets = engine.submit(numbered(20))
        await happens(network.held)
        network.broken = True
        network.release()
        for ticket in tickets:  # not TranslationFailed: it is no fault of theirs
            with pytest.raises(NotReady):
                await ticket.result()
        assert not engine.status().ready


@bounded
async def test_a_network_that_cannot_be_warmed_up_does_not_start() -> None:
    network = HashNetwork()
    network.broken = True
    engine = Engine(lambda: RunningBatch(network), SAMPLE, LIMITS)
    with pytest.raises(NotReady, match="warming up") as refusal:
        await engine.start()
    assert isinstance(refusal.value.__cause__, RuntimeError)
    assert not engine.status().ready
    with pytest.raises(RuntimeError, match="once"):
        await engine.start()


def troubled(draw: random.Random, now: float) -> SegmentRequest:
    """A request that may be poisonous, late, or neither."""
    pieces = [draw.randrange(4, 20) for _ in range(draw.randint(1, 8))]
    if draw.random() < 0.1:
        pieces.append(draw.choice([ENCODE_POISON, STEP_POISON, NAN_POISON]))
    deadline = now + draw.random() * 4 if draw.random() < 0.3 else None
    return request(*pieces, beam=draw.randint(1, 3), deadline=deadline)


def check_ending(wanted: SegmentRequest, ended: SegmentResult | BaseException, cancelled: bool) -> None:
    """The one ending of a segment is one that it can have."""
    if isinstance(ended, SegmentResult):
        assert ended.translation == alone(wanted)
    elif isinstance(ended, TranslationFailed):
        assert {ENCODE_POISON, STEP_POISON, NAN_POISON} & set(wanted.source)
    elif isinstance(ended, DeadlineExceeded):
        assert wanted.deadline is not None
    else:
        assert isinstance(ended, asyncio.CancelledError)
        assert cancelled


@pytest.mark.parametrize("seed", range(4))
@bounded
async def test_every_ticket_ends_exactly_once_whatever_happens(seed: int) -> None:
    draw, clock, recorder = random.Random(seed), ManualClock(), Recorder()
    submitted: list[tuple[SegmentRequest, Ticket]] = []
    endings: list[asyncio.Task[SegmentResult]] = []
    cancelled: set[int] = set()
    async with running_engine(HashNetwork(), recorder, clock=clock) as engine:
        for _ in range(40):
            requests = [troubled(draw, clock.now) for _ in range(draw.randint(0, 6))]
            tickets = engine.submit(requests)
            submitted += zip(requests, tickets, strict=True)
            endings += [asyncio.create_task(ticket.result()) for ticket in tickets]
            if submitted and draw.random() < 0.5:
                victim = draw.randrange(len(submitted))
                submitted[victim][1].cancel()
                cancelled.add(victim)
            clock.now += draw.random()
            await asyncio.sleep(draw.choice([0.0, 0.002]))  # let the engine be at any point
        ended = await asyncio.gather(*endings, return_exceptions=True)
    for number, ((wanted, _), ending) in enumerate(zip(submitted, ended, strict=True)):
        check_ending(wanted, ending, number in cancelled)
    assert recorder.counts.total() == len(submitted)
    assert recorder.counts["finished"] > len(submitted) / 4
