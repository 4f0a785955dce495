"""Two ways to ask: an open loop, whose arrivals wait for nobody, and a closed loop, whose clients wait."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from benchmarks.arrivals import MAX_REQUESTS, Arrival, TextSource
from benchmarks.outcome import TIMEOUT, TRANSLATED, Outcome, Send

_PAUSE_AFTER_ERROR_SECONDS = 0.1


async def open_loop(send: Send, arrivals: Sequence[Arrival], *, timeout_seconds: float) -> list[Outcome]:
    """Send every request at its time, however slow the answers to the earlier ones are.

    This is what avoids *coordinated omission* (G. Tene): a client that waits for an answer before it asks
    again goes quiet exactly while the service is slow, and the requests it should have sent then are
    missing from its statistics. Here a latency counts from the intended arrival, so neither a stalled
    service nor a late generator nor a busy connection pool can hide in it.

    Args:
        send: asks; may wait for a free connection.
        arrivals: in order of time.
        timeout_seconds: after its arrival a request is given up.

    Returns:
        One outcome for each arrival, in their order.
    """
    loop = asyncio.get_running_loop()
    begin = loop.time()
    tasks: list[asyncio.Task[Outcome]] = []
    try:
        for arrival in arrivals:
            await asyncio.sleep(begin + arrival.at - loop.time())
            tasks.append(asyncio.create_task(_ask(send, arrival, begin, timeout_seconds)))
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


async def closed_loop(
    send: Send,
    texts: TextSource,
    *,
    concurrency: int,
    seconds: float,
    timeout_seconds: float,
    max_requests: int = MAX_REQUESTS,
) -> list[Outcome]:
    """Let ``concurrency`` clients each send a request as soon as their last one was answered.

    It finds out how much the service can do. Its latencies say what these clients saw and not what users
    would see that do not wait for one another. A client pauses for a moment after an error.

    Args:
        send: asks.
        texts: what for.
        concurrency: clients.
        seconds: no request is sent later than this.
        timeout_seconds: a request is given up after this.
        max_requests: of all clients together.

    Returns:
        The outcomes, in order of their end.
    """
    begin = asyncio.get_running_loop().time()
    outcomes: list[Outcome] = []
    left = iter(range(max_requests))

    async def client() -> None:
        loop = asyncio.get_running_loop()
        while (now := loop.time() - begin) < seconds and next(left, None) is not None:
            outcomes.append(await _ask(send, Arrival(now, texts.draw()), begin, timeout_seconds))
            if outcomes[-1].status != TRANSLATED:
                await asyncio.sleep(_PAUSE_AFTER_ERROR_SECONDS)

    async with asyncio.TaskGroup() as clients:
        for _ in range(concurrency):
            clients.create_task(client())
    return outcomes


async def _ask(send: Send, arrival: Arrival, begin: float, timeout_seconds: float) -> Outcome:
    loop = asyncio.get_running_loop()
    started = loop.time() - begin
    try:
        async with asyncio.timeout_at(begin + arrival.at + timeout_seconds):
            status = await send(arrival.texts)
    except TimeoutError:
        status = TIMEOUT
    return Outcome(status, arrival.at, started, loop.time() - begin)
