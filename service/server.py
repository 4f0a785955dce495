"""uvicorn, ending the way a service behind a load balancer must."""

from __future__ import annotations

import asyncio
import gc
import math
import socket
import sys
import time
from types import FrameType

import uvicorn
from prometheus_client import disable_created_metrics

from service.app import create_app
from service.engine.request import EngineLike
from service.lifecycle import Lifecycle
from service.memory import bound_arenas
from service.processors import take_turns
from service.settings import Settings

SETTLE_SECONDS = 0.2
"""After the last connection was accepted, time for its first request to arrive."""
SWITCH_INTERVAL_SECONDS = 0.0005
"""After so long a thread that computes lets another one have the interpreter."""


class DrainingServer(uvicorn.Server):
    """A server that finishes what it has accepted.

    On SIGTERM or SIGINT it is not ready any more. After ``shutdown_delay_seconds`` it closes its listening
    socket, waits until every request is answered, and returns. A second signal skips the delay, a third the
    waiting. It also ends when the service turns out to be unable to start.

    Args:
        config: uvicorn's.
        settings: the delay.
        lifecycle: told of the end, and asked for a failure.
    """

    def __init__(self, config: uvicorn.Config, settings: Settings, lifecycle: Lifecycle) -> None:
        super().__init__(config)
        self._delay = settings.shutdown_delay_seconds
        self._lifecycle = lifecycle
        self._leave_at = math.inf

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal; unlike uvicorn's, it is not raised again after the end, which is a success."""
        if not self._lifecycle.draining:
            self._lifecycle.draining = True
            self._leave_at = time.monotonic() + self._delay
        elif not self.should_exit:
            self.should_exit = True
        else:
            self.force_exit = True

    async def on_tick(self, counter: int) -> bool:
        """Whether to end; asked ten times a second."""
        if time.monotonic() >= self._leave_at or self._lifecycle.failure is not None:
            self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more connections, answer what has come over those there are, close them."""
        for server in self.servers:
            server.close()
        await asyncio.sleep(SETTLE_SECONDS)
        await super().shutdown(sockets)


def serve(settings: Settings, engine: EngineLike | None = None) -> int:
    """Serve until told to end.

    Args:
        settings: what the service is to be like.
        engine: translates for every checkpoint, instead of an engine for each.

    Returns:
        The exit status: 0 if everything that was accepted was finished, 1 if not, or if the service could
        not start.
    """
    # The engine's thread holds the interpreter between network calls; every read and write of a socket has to
    # win it back, and by default waits 5 ms for that.
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    take_turns()
    bound_arenas()
    gc.freeze()  # what was imported stays: the collector need not look at it, which would pause everything
    # A timestamp beside every series, which nothing here reads. The library does not annotate this function.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    lifecycle = Lifecycle(settings)
    config = uvicorn.Config(
        create_app(settings, engine, lifecycle),
        host=settings.host,
        port=settings.port,
        # Not uvloop, which uvicorn prefers where it is installed: when the listener closes, it resets some of
        # the connections that wait to be accepted.
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=math.ceil(settings.drain_timeout_seconds),
    )
    DrainingServer(config, settings, lifecycle).run()
    return 0 if lifecycle.failure is None else 1
