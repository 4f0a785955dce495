"""The engine as its callers see it: results, refusals, deadlines, cancellation."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from model.build import build_model
from model.config import DecodingOptions, ModelConfig
from model.decoding import RunningBatch, decode
from service.engine.engine import Engine
from service.engine.request import EngineLike, Priority, SegmentRequest
from service.errors import DeadlineExceeded, NotReady, Overloaded, TextTooLarge, TranslationFailed
from tests.service.engine.fakes import ENCODE_POISON, NAN_POISON, SAMPLE, STEP_POISON, HashNetwork, Recorder
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

# Turns take as long as a busy machine lets them: with a larger share bulk work might earn one at any time.
APART = replace(LIMITS, bulk_apart=True, bulk_share=1e-6)


@bounded
async def test_a_segment_is_translated_and_its_times_are_told() -> None:
    clock = ManualClock()
    network = HashNetwork()
    async with running_engine(network, clock=clock) as engine:
        network.hold()
        (ticket,) = engine.submit([request(5, 6, 7)])
        await happens(network.held)
        clock.now += 3.0
        network.release()
        result = await ticket.result()
    assert result.translation == alone(request(5, 6, 7))
    assert (result.queue_seconds, result.decode_seconds) == (0.0, 3.0)


@bounded
async def test_64_callers_at_once_get_what_each_would_get_alone() -> None:
    requests = numbered(64)
    recorder = Recorder()
    network = HashNetwork()
    async with running_engine(network, recorder) as engine:

        async def call(wanted: SegmentRequest) -> object:
            (ticket,) = engine.submit([wanted])
            return (await ticket.result()).translation

        results = await asyncio.gather(*[call(wanted) for wanted in requests])
    assert results == [alone(wanted) for wanted in requests]
    assert recorder.counts == {"finished": 64}
    assert max(recorder.stepped_rows) == LIMITS.max_running_rows
    assert sum(recorder.encoded_rows) == 64
    assert all(0.0 <= ratio < 1.0 for ratio in recorder.padding_ratios)


@bounded
async def test_a_real_network_gives_each_of_64_callers_what_it_gives_alone() -> None:
    config = ModelConfig(vocabulary_size=24, embedding_size=16, hidden_size=16, attention_heads=2)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        network = build_model(config).eval()
    options = DecodingOptions(beam_size=3, max_length=8)
    requests = [
        replace(wanted, options=options, attention=index % 2 == 0)
        for index, wanted in enumerate(numbered(64))
    ]
    engine = Engine(lambda: RunningBatch(network), SAMPLE, LIMITS, torch_threads=1)
    await engine.start()
    results = await asyncio.gather(*[ticket.result() for ticket in engine.submit(requests)])
    assert await engine.drain(5.0)
    for wanted, result in zip(requests, results, strict=True):
        (expected,) = decode(network, [wanted.source], wanted.options, attention=wanted.attention)
        assert result.translation.best.tokens == expected.best.tokens
        assert result.translation.best.score == pytest.approx(expected.best.score, abs=1e-4)
        recorded = result.translation.best.attention
        assert (recorded is not None) == wanted.attention
        if recorded is not None and expected.best.attention is not None:
            np.testing.assert_allclose(recorded, expected.best.attention, atol=1e-5)


@bounded
async def test_only_the_poisonous_fail_whatever_they_fail_at() -> None:
    requests = numbered(48)
    poisons = {3: ENCODE_POISON, 17: STEP_POISON, 18: NAN_POISON, 40: ENCODE_POISON}
    for number, token in poisons.items():
        requests[number] = request(5, token, 6)
    recorder = Recorder()
    async with running_engine(HashNetwork(), recorder) as engine:
        tickets = engine.submit(requests)
        for number, (wanted, ticket) in enumerate(zip(requests, tickets, strict=True)):
            if number in poisons:
                with pytest.raises(TranslationFailed):
                    await ticket.result()
            else:
                assert (await ticket.result()).translation == alone(wanted)
        assert engine.status().ready
    assert recorder.counts == {"finished": 44, "failed": 4}


@bounded
async def test_a_full_queue_refuses_all_or_nothing_at_once_and_the_others_proceed() -> None:
    limits = replace(LIMITS, max_queue_segments=100, max_queue_tokens=10_000, max_running_rows=4)
    network = HashNetwork()
    async with running_engine(network, limits=limits) as engine:
        network.hold()
        requests = numbered(102)
        tickets = engine.submit(requests[:4])
        await happens(network.held)
        tickets += engine.submit(requests[4:])
        assert engine.status().queue_segments == 98
        too_many = numbered(3)
        seconds = []
        for _ in range(5):
            begin = time.perf_counter()
            with pytest.raises(Overloaded, match="100 segments") as refusal:
                engine.submit(too_many)
            seconds.append(time.perf_counter() - begin)
        assert min(seconds) < 0.05  # the fastest: the machine may be busy with something else
        assert refusal.value.retry_after_seconds >= 1
        assert engine.status().queue_segments == 98
        tickets += engine.submit(numbered(2))  # what fits is still taken
        network.release()
        results = await asyncio.gather(*[ticket.result() for ticket in tickets])
    assert [result.translation for result in results] == [alone(wanted) for wanted in requests + numbered(2)]


@bounded
async def test_the_queue_is_bounded_by_tokens_too() -> None:
    limits = replace(LIMITS, max_queue_tokens=10, max_running_rows=1)
    network = HashNetwork()
    async with running_engine(network, limits=limits) as engine:
        network.hold()
        engine.submit([request(5)])
        await happens(network.held)
        engine.submit([request(5, 6, 7, 8)])
        assert engine.status().queue_tokens == 5
        with pytest.raises(Overloaded, match="10 source tokens"):
            engine.submit([request(5, 6, 7, 8, 9)])
        engine.submit([request(5, 6, 7, 8)])


@bounded
async def test_what_no_queue_could_hold_is_too_large_rather_than_too_early() -> None:
    limits = replace(LIMITS, max_queue_segments=5, max_queue_tokens=20)
    async with running_engine(HashNetwork(), limits=limits) as engine:
        with pytest.raises(TextTooLarge, match="at most 5 segments"):
            engine.submit(numbered(6))
        with pytest.raises(TextTooLarge, match="20 tokens"):
            engine.submit([request(*[5] * 20)])
        assert engine.submit([]) == []


@bounded
async def test_a_deadline_ends_a_segment_in_the_queue_and_in_the_running_batch() -> None:
    clock = ManualClock()
    network, recorder = HashNetwork(), Recorder()
    limits = replace(LIMITS, max_running_rows=2)
    async with running_engine(network, recorder, limits, clock) as engine:
        network.hold()
        late, in_time = engine.submit(
            [request(5, deadline=clock.now + 5), request(6, deadline=clock.now + 60)]
        )
        await happens(network.held)
        queued_late, queued = engine.submit([request(7, deadline=clock.now + 5), request(8)])
        clock.now += 5.0
        network.release()
        for ticket in (late, queued_late):
            with pytest.raises(DeadlineExceeded):
                await ticket.result()
        assert (await in_time.result()).translation == alone(request(6))
        assert (await queued.result()).queue_seconds == 5.0
    assert recorder.counts == {"expired queued": 1, "expired decoding": 1, "finished": 2}


@bounded
async def test_a_cancelled_row_leaves_the_running_batch_at_the_next_step() -> None:
    network, recorder = HashNetwork(), Recorder()
    async with running_engine(network, recorder) as engine:
        network.hold()
        gone, stays = engine.submit([request(5, 6, 7), request(8, 9)])
        await happens(network.held)
        gone.cancel()
        gone.cancel()
        network.release()
        assert (await stays.result()).translation == alone(request(8, 9))
        await happens(recorder.left)
        with pytest.raises(asyncio.CancelledError):
            await gone.result()
    assert recorder.counts == {"cancelled decoding": 1, "finished": 1}
    assert recorder.stepped_rows[:2] == [2, 1]


@bounded
async def test_a_cancelled_segment_leaves_the_queue_at_once() -> None:
    network, recorder = HashNetwork(), Recorder()
    async with running_engine(network, recorder, replace(LIMITS, max_running_rows=1)) as engine:
        network.hold()
        (running,) = engine.submit([request(5)])
        await happens(network.held)
        (queued,) = engine.submit([request(6)])
        queued.cancel()
        assert engine.status().queue_segments == 0
        assert recorder.counts == {"cancelled queued": 1}
        network.release()
        await running.result()
        running.cancel()  # too late: no effect
        assert (await running.result()).translation == alone(request(5))
    assert recorder.counts == {"cancelled queued": 1, "finished": 1}


@bounded
async def test_one_of_several_that_await_a_ticket_may_give_up() -> None:
    network = HashNetwork()
    async with running_engine(network) as engine:
        network.hold()
        (ticket,) = engine.submit([request(5, 6)])
        impatient, patient = (asyncio.create_task(ticket.result()) for _ in range(2))
        await happens(network.held)
        impatient.cancel()
        network.release()
        assert (await patient).translation == alone(request(5, 6))
        assert impatient.cancelled()


@bounded
async def test_interactive_work_overtakes_bulk_work_in_the_queue() -> None:
    network, recorder = HashNetwork(), Recorder()
    async with running_engine(network, recorder, replace(LIMITS, max_running_rows=1)) as engine:
        network.hold()
        engine.submit([request(5)])
        await happens(network.held)
        engine.submit([request(6, priority=Priority.BULK)])
        engine.submit([request(7)])
    assert recorder.started == [Priority.INTERACTIVE, Priority.INTERACTIVE, Priority.BULK]


@bounded
async def test_sampling_is_the_same_in_company_as_alone() -> None:
    options = DecodingOptions(strategy="sample", beam_size=3, seed=5)
    requests = [replace(wanted, options=options) for wanted in numbered(20)]
    async with running_engine(HashNetwork()) as engine:
        results = await asyncio.gather(*[ticket.result() for ticket in engine.submit(requests)])
    assert [result.translation for result in results] == [alone(wanted) for wanted in requests]


@bounded
async def test_nothing_is_taken_before_the_start() -> None:
    engine: EngineLike = Engine(lambda: RunningBatch(HashNetwork()), SAMPLE, LIMITS)
    assert not engine.status().ready
    with pytest.raises(NotReady, match="starting"):
        engine.submit([request(5)])
    assert await engine.drain(1.0)


@bounded
async def test_bulk_work_that_somebody_waits_for_interactively_is_not_kept_behind_bulk() -> None:
    network, recorder = HashNetwork(), Recorder()
    limits = replace(LIMITS, max_running_rows=1)
    async with running_engine(network, recorder, limits) as engine:
        network.hold()
        engine.submit([request(4)])
        await happens(network.held)
        bulk = engine.submit([request(5, piece, priority=Priority.BULK) for piece in range(4, 12)])
        ended: list[int] = []
        for number, ticket in enumerate(bulk):
            ticket.on_end(lambda _, number=number: ended.append(number))  # type: ignore[misc]  # bound now
        bulk[5].share(Priority.INTERACTIVE, None)
        network.release()
        await asyncio.gather(*[ticket.result() for ticket in bulk])
    assert ended == [5, 0, 1, 2, 3, 4, 6, 7]
    assert recorder.started[1:3] == [Priority.INTERACTIVE, Priority.BULK]


@bounded
async def test_interactive_work_does_not_wait_for_bulk_rows_that_run_apart() -> None:
    network, recorder = HashNetwork(), Recorder()
    async with running_engine(network, recorder, APART) as engine:
        network.hold()
        bulk_requests = [request(5, piece, priority=Priority.BULK) for piece in range(4, 16)]
        bulk = engine.submit(bulk_requests)
        await happens(network.held)
        (ticket,) = engine.submit([request(7, 8)])
        ended: list[str] = []
        for each in bulk:
            each.on_end(lambda _: ended.append("bulk"))
        ticket.on_end(lambda _: ended.append("interactive"))
        network.release()
        assert (await ticket.result()).translation == alone(request(7, 8))
        results = await asyncio.gather(*[each.result() for each in bulk])
    assert ended == ["interactive"] + ["bulk"] * len(bulk)
    assert [result.translation for result in results] == [alone(each) for each in bulk_requests]


@bounded
async def test_a_bulk_row_that_somebody_waits_for_goes_on_among_the_interactive_ones() -> None:
    network = HashNetwork()
    async with running_engine(network, limits=APART) as engine:
        network.hold()
        wanted = [request(5, piece, priority=Priority.BULK) for piece in range(4, 8)]
        bulk = engine.submit(wanted)
        await happens(network.held)
        ended: list[int] = []
        for number, ticket in enumerate(bulk):
            ticket.on_end(lambda _, number=number: ended.append(number))  # type: ignore[misc]  # bound now
        bulk[3].share(Priority.INTERACTIVE, None)
        network.release()
        results = await asyncio.gather(*[ticket.result() for ticket in bulk])
    assert ended[0] == 3
    assert [result.translation for result in results] == [alone(each) for each in wanted]


@bounded
async def test_who_runs_apart_can_be_cancelled_and_expires_as_ever() -> None:
    clock = ManualClock()
    network, recorder = HashNetwork(), Recorder()
    async with running_engine(network, recorder, APART, clock) as engine:
        network.hold()
        stays, late, gone = engine.submit(
            [
                request(5, priority=Priority.BULK),
                request(6, priority=Priority.BULK, deadline=clock.now + 5),
                request(7, priority=Priority.BULK),
            ]
        )
        await happens(network.held)
        engine.submit([request(8)])
        gone.cancel()
        clock.now += 5.0
        network.release()
        assert (await stays.result()).translation == alone(request(5))
        with pytest.raises(DeadlineExceeded):
            await late.result()
    assert recorder.counts == {"expired decoding": 1, "cancelled decoding": 1, "finished": 2}


@bounded
async def test_a_shared_ticket_calls_back_with_its_end_unless_it_is_cancelled() -> None:
    async with running_engine(HashNetwork()) as engine:
        ends: list[object] = []
        good, poison, cancelled = engine.submit([request(5), request(STEP_POISON), request(6)])
        for ticket in (good, poison, cancelled):
            ticket.on_end(ends.append)
        cancelled.cancel()
        result = await good.result()
        with pytest.raises(TranslationFailed):
            await poison.result()
        good.share(Priority.INTERACTIVE, None)  # too late, and harmless
        await asyncio.sleep(0)
    assert result in ends
    assert len(ends) == 2
    assert isinstance(next(end for end in ends if end is not result), TranslationFailed)
