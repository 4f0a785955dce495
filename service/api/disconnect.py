"""Work that ends when its client goes away, which FastAPI does not see to."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from starlette.types import Receive

Result = TypeVar("Result")


class ClientDisconnected(Exception):
    """Nobody is left to be answered."""


async def unless_disconnected(receive: Receive, work: Coroutine[Any, Any, Result]) -> Result:
    """The result of ``work``, which is cancelled if the client goes away first.

    Args:
        receive: the request's, its body already read.
        work: has ended, one way or the other, when this returns.

    Raises:
        ClientDisconnected: the client has gone.
    """
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("only a task can be told that its client has gone")
    watcher = asyncio.ensure_future(_disconnection(receive))
    gone = False

    def leave(_: asyncio.Future[None]) -> None:
        nonlocal gone
        gone = True
        task.cancel()

    watcher.add_done_callback(leave)
    try:
        return await work  # in this task: one of its own for every request would cost more than the watcher
    except asyncio.CancelledError:
        if gone and not task.uncancel():  # nobody else has cancelled it
            raise ClientDisconnected from None
        raise
    finally:
        watcher.remove_done_callback(leave)
        watcher.cancel()


async def _disconnection(receive: Receive) -> None:
    with suppress(Exception):  # a connection that fails is gone, too
        while (await receive())["type"] != "http.disconnect":
            pass
