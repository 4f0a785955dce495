"""Running an engine in a test, bounded in time."""

from __future__ import annotations

import asyncio
import functools
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import ParamSpec

from model.config import DecodingOptions
from model.decoding import Job, RunningBatch, Translation
from model.tokenizer import EOS
from service.engine.engine import Engine
from service.engine.limits import EngineLimits
from service.engine.observer import Observer
from service.engine.request import Priority, SegmentRequest
from tests.service.engine.fakes import SAMPLE, WAIT_SECONDS, HashNetwork

P = ParamSpec("P")

LIMITS = EngineLimits(max_running_rows=16, max_padded_tokens=2000)


def bounded(test: Callable[P, Awaitable[None]]) -> Callable[P, None]:
    """Run an asynchronous test; it fails if it hangs, and if a callback of the loop raises."""

    async def run(*args: P.args, **kwargs: P.kwargs) -> None:
        raised: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: raised.append(context))
        async with asyncio.timeout(WAIT_SECONDS):
            await test(*args, **kwargs)
        assert raised == []

    @functools.wraps(test)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(run(*args, **kwargs))

    return wrapper


class ManualClock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def running_engine(
    network: HashNetwork,
    observer: Observer | None = None,
    limits: EngineLimits = LIMITS,
    clock: Callable[[], float] = time.monotonic,
) -> AsyncIterator[Engine]:
    """A started engine; drained in the end."""
    engine = Engine(lambda: RunningBatch(network), SAMPLE, limits, observer, clock=clock)
    await engine.start()
    try:
        yield engine
    finally:
        network.release()
        await engine.drain(WAIT_SECONDS)


async def happens(event: threading.Event) -> None:
    """Wait for an event of another thread."""
    assert await asyncio.to_thread(event.wait, WAIT_SECONDS)


def request(
    *pieces: int,
    beam: int = 2,
    priority: Priority = Priority.INTERACTIVE,
    deadline: float | None = None,
) -> SegmentRequest:
    return SegmentRequest((*pieces, EOS), DecodingOptions(beam_size=beam), priority, deadline)


def numbered(count: int) -> list[SegmentRequest]:
    """That many different clean requests, of unlike lengths and beams."""
    return [
        request(*(4 + (number // 16**place) % 16 for place in range(1 + number % 7)), beam=1 + number % 3)
        for number in range(count)
    ]


def alone(wanted: SegmentRequest) -> Translation:
    """What the segment's translation is when nothing else runs."""
    batch = RunningBatch(HashNetwork())
    batch.join([Job(0, wanted.source, wanted.options)])
    while not (finished := batch.step()):
        pass
    return finished[0].translation
