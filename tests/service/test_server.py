"""When the server ends: on signals, after the delay, and when it cannot start."""

from __future__ import annotations

import signal
import time

import uvicorn

from service.errors import NotReady
from service.lifecycle import Lifecycle
from service.server import DrainingServer
from service.settings import Settings
from tests.service.harness import asynchronous


def make_server(delay: float = 0.0) -> tuple[DrainingServer, Lifecycle]:
    settings = Settings(shutdown_delay_seconds=delay)
    lifecycle = Lifecycle(settings)
    return DrainingServer(uvicorn.Config("unused"), settings, lifecycle), lifecycle


@asynchronous
async def test_without_a_reason_it_goes_on() -> None:
    server, lifecycle = make_server()
    assert not await server.on_tick(1)
    assert not lifecycle.draining


@asynchronous
async def test_a_signal_ends_it_after_the_delay() -> None:
    server, lifecycle = make_server(delay=0.2)
    start = time.monotonic()
    server.handle_exit(signal.SIGTERM, None)
    assert lifecycle.draining
    assert not await server.on_tick(1)
    while not await server.on_tick(1):
        pass
    assert 0.2 <= time.monotonic() - start < 2.0
    assert not server.force_exit


@asynchronous
async def test_a_second_signal_skips_the_delay_and_a_third_the_waiting() -> None:
    server, _ = make_server(delay=1000.0)
    server.handle_exit(signal.SIGTERM, None)
    server.handle_exit(signal.SIGTERM, None)
    assert await server.on_tick(1)
    assert not server.force_exit
    server.handle_exit(signal.SIGINT, None)
    assert server.force_exit


@asynchronous
async def test_a_service_that_cannot_start_ends() -> None:
    server, lifecycle = make_server()
    lifecycle.failure = NotReady("no network")
    assert await server.on_tick(1)
