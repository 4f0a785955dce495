"""The loops: what coordinated omission hides, and that nothing else is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from benchmarks.arrivals import Arrival, TextSource, schedule
from benchmarks.client import connect
from benchmarks.loops import closed_loop, open_loop
from benchmarks.outcome import TIMEOUT, TRANSLATED, Outcome
from benchmarks.summary import quantile
from tests.benchmarks.fake_service import FakeService, serving

TEXTS = TextSource(("Guten Tag.",), per_request=1, seed=1)


def test_an_open_loop_shows_a_stall_that_a_closed_loop_hides() -> None:
    """A second's pause in four: a quarter of all users meet it, but only one request of a waiting client."""

    async def ask_open(url: str) -> list[Outcome]:
        async with connect(url, "de", "en", connections=64) as client:
            return await open_loop(client.send, schedule(40.0, 4.0, 1, TEXTS), timeout_seconds=10.0)

    async def ask_closed(url: str) -> list[Outcome]:
        async with connect(url, "de", "en", connections=1) as client:
            return await closed_loop(
                client.send, TEXTS, concurrency=1, seconds=60.0, timeout_seconds=10.0, max_requests=300
            )

    with serving(FakeService(stall_seconds=1.0)) as url:
        opened = asyncio.run(ask_open(url))
    with serving(FakeService(stall_seconds=1.0)) as url:
        closed = asyncio.run(ask_closed(url))
    for outcomes in (opened, closed):
        assert {outcome.status for outcome in outcomes} == {TRANSLATED}
        assert max(outcome.latency for outcome in outcomes) > 0.95
    assert quantile([outcome.latency for outcome in opened], 0.99) > 0.8
    assert quantile([outcome.latency for outcome in opened], 0.85) > 0.2
    assert quantile([outcome.latency for outcome in closed], 0.99) < 0.5


def test_waiting_for_a_connection_counts_as_latency() -> None:
    """Ten requests at once over two connections of 0.1 s each: the last pair waits for four others."""

    async def ask(url: str) -> list[Outcome]:
        async with connect(url, "de", "en", connections=2) as client:
            arrivals = [Arrival(0.0, ("Guten Tag.",)) for _ in range(10)]
            return await open_loop(client.send, arrivals, timeout_seconds=10.0)

    service = FakeService(delay=0.1)
    with serving(service) as url:
        outcomes = asyncio.run(ask(url))
    assert service.most_at_once == 2
    assert len(service.clients) == 2
    waits = sorted(outcome.latency for outcome in outcomes)
    assert [wait >= 0.1 * (place // 2 + 1) for place, wait in enumerate(waits)] == [True] * 10


def test_arrivals_do_not_wait_for_answers() -> None:
    started: list[float] = []

    async def send(texts: Sequence[str]) -> str:
        started.append(asyncio.get_running_loop().time())
        await asyncio.sleep(0.5)
        return TRANSLATED

    arrivals = [Arrival(0.02 * place, ("x",)) for place in range(10)]
    outcomes = asyncio.run(open_loop(send, arrivals, timeout_seconds=5.0))
    assert [outcome.arrival for outcome in outcomes] == [arrival.at for arrival in arrivals]
    assert started[-1] - started[0] < 0.5
    assert all(outcome.started >= outcome.arrival for outcome in outcomes)


def test_a_late_generator_counts_as_latency() -> None:
    """All but the first are sent late, because the first blocks the whole event loop."""

    async def send(texts: Sequence[str]) -> str:
        if texts == ("block",):
            asyncio.get_running_loop().call_soon(lambda: _busy(0.3))
            await asyncio.sleep(0)
        return TRANSLATED

    arrivals = [Arrival(0.0, ("block",)), Arrival(0.05, ("x",))]
    outcomes = asyncio.run(open_loop(send, arrivals, timeout_seconds=5.0))
    assert outcomes[1].started - outcomes[1].arrival > 0.2
    assert outcomes[1].latency > 0.2


def test_a_request_is_given_up_a_timeout_after_its_arrival() -> None:
    async def send(texts: Sequence[str]) -> str:
        await asyncio.sleep(60)
        return TRANSLATED

    arrivals = [Arrival(0.0, ("x",)), Arrival(0.1, ("x",))]
    outcomes = asyncio.run(open_loop(send, arrivals, timeout_seconds=0.2))
    assert [outcome.status for outcome in outcomes] == [TIMEOUT, TIMEOUT]
    assert all(0.2 <= outcome.latency < 2.0 for outcome in outcomes)


def test_a_defect_ends_the_run() -> None:
    async def send(texts: Sequence[str]) -> str:
        raise RuntimeError("a defect of the benchmark")

    with pytest.raises(RuntimeError, match="defect"):
        asyncio.run(open_loop(send, [Arrival(0.0, ("x",))], timeout_seconds=1.0))


def test_a_closed_loop_keeps_its_clients_busy_and_ends() -> None:
    at_once, most = 0, 0

    async def send(texts: Sequence[str]) -> str:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.02)
        at_once -= 1
        return TRANSLATED

    outcomes = asyncio.run(closed_loop(send, TEXTS, concurrency=8, seconds=0.5, timeout_seconds=5.0))
    assert most == 8
    assert max(outcome.arrival for outcome in outcomes) < 0.5
    assert len(outcomes) > 8 * 3


def test_a_closed_loop_is_bounded_in_count_and_does_not_hammer() -> None:
    async def refuse(texts: Sequence[str]) -> str:
        return "429"

    async def accept(texts: Sequence[str]) -> str:
        return TRANSLATED

    refused = asyncio.run(closed_loop(refuse, TEXTS, concurrency=2, seconds=0.5, timeout_seconds=5.0))
    assert 2 <= len(refused) <= 12
    accepted = asyncio.run(
        closed_loop(accept, TEXTS, concurrency=2, seconds=60.0, timeout_seconds=5.0, max_requests=17)
    )
    assert len(accepted) == 17


def _busy(seconds: float) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while loop.time() < end:
        pass
