"""The application without a network underneath or a socket in front."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ParamSpec

import httpx
from fastapi import FastAPI

from service.app import create_app
from service.settings import Settings
from tests.service.fakes import EchoEngine

P = ParamSpec("P")

OFF = {"second_tries": False}
"""What a translation that is a copy of its source would make happen."""
WAIT_SECONDS = 30.0
"""After which a test is taken to hang."""


def asynchronous(test: Callable[P, Awaitable[None]]) -> Callable[P, None]:
    """Run an asynchronous test; it fails if it hangs, and if a callback or an abandoned task raises."""

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


@asynccontextmanager
async def connected(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of ``app``, which is started and in the end stopped; it may still be loading."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://service") as client,
    ):
        yield client


@asynccontextmanager
async def ready_client(
    checkpoint: Path, engine: EchoEngine | None = None, limits: Mapping[str, object] | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that has loaded ``checkpoint`` and translates with ``engine``."""
    async with ready_app(checkpoint, engine, limits) as (_, client):
        yield client


@asynccontextmanager
async def ready_app(
    checkpoint: Path, engine: EchoEngine | None = None, limits: Mapping[str, object] | None = None
) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    """The application of ``ready_client`` and its client, for who wants to speak ASGI to it."""
    settings = Settings.model_validate({"checkpoints": (checkpoint,), **OFF, **(limits or {})})
    app = create_app(settings, engine or EchoEngine())
    async with connected(app) as client:
        while (await client.get("/ready")).status_code != httpx.codes.OK:
            await asyncio.sleep(0.005)
        yield app, client
