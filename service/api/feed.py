"""Server-sent events: made by a task of their own, sent as a response."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from fastapi.responses import Response
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from starlette.types import Receive, Scope, Send

from service.api.context import CLIENT_GONE, RequestRecord, record_of
from service.api.disconnect import ClientDisconnected, unless_disconnected
from service.api.problems import DEADLINE, problem_of
from service.errors import ServiceError
from service.logs import FIELDS

logger = logging.getLogger("service.request")

HEARTBEAT_SECONDS = 15.0
"""After so long without an event a comment is sent: proxies close what seems to be dead."""
SENDING_GRACE_SECONDS = 5.0
"""So long after the deadline a client may still read what was done before it."""
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx, and those who follow it, would keep events back until there are many
}


class Feed:
    """Events that a task makes, no faster than they are taken.

    Args:
        events: runs in one task from its beginning to its end, and is closed there.
    """

    def __init__(self, events: AsyncGenerator[bytes, None]) -> None:
        self._made: asyncio.Queue[bytes | Exception | None] = asyncio.Queue(maxsize=1)
        self._task = asyncio.create_task(self._make(events))

    async def take(self) -> bytes | None:
        """The next event, or None after the last one.

        Raises:
            Exception: of the generator, in place of an event; nothing comes after it.
        """
        made = await self._made.get()
        if isinstance(made, Exception):
            raise made
        return made

    async def close(self) -> None:
        """End the task, wherever it is."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _make(self, events: AsyncGenerator[bytes, None]) -> None:
        end: Exception | None = None
        try:
            async with aclosing(events):
                async for event in events:
                    await self._made.put(event)
        except Exception as error:
            end = error
        await self._made.put(end)


class FeedResponse(Response):
    """What is left of a feed as ``text/event-stream``, with a heartbeat where there is nothing to say.

    It ends when the feed does, when the client goes away, and a while after the deadline, whether the client
    has read it or not. A failure is told as an event, since the response has begun.

    Args:
        first: the first event, taken already.
        feed: the others; closed in the end.
        deadline: ``time.monotonic()`` seconds.
    """

    media_type = "text/event-stream"

    def __init__(self, first: bytes, feed: Feed, deadline: float) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._first = first
        self._feed = feed
        self._deadline = deadline

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        record = record_of(scope)
        patience = self._deadline - time.monotonic() + SENDING_GRACE_SECONDS
        try:
            async with asyncio.timeout(patience):
                await unless_disconnected(receive, self._send(send, record))
        except ClientDisconnected:
            record.status = CLIENT_GONE
        except TimeoutError:  # the client does not read: the server closes a response without an end
            record.status = DEADLINE.status
        finally:
            await self._feed.close()

    async def _send(self, send: Send, record: RequestRecord) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        event: bytes | None = self._first
        while event is not None:
            await send({"type": "http.response.body", "body": event, "more_body": True})
            try:
                event = await self._next()
            except Exception as error:  # of whatever kind: whoever reads must be told
                final = {"type": "http.response.body", "body": _failure(record, error), "more_body": True}
                await send(final)
                break
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _next(self) -> bytes | None:
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS) as silence:
                return await self._feed.take()
        except TimeoutError:
            if not silence.expired():
                raise
            return KEEPALIVE_COMMENT


def event(name: str, data: str) -> bytes:
    """An event on the wire.

    Args:
        name: one word.
        data: JSON on one line.
    """
    return format_sse_event(event=name, data_str=data)


def _failure(record: RequestRecord, error: Exception) -> bytes:
    if not isinstance(error, ServiceError):
        logger.error("unexpected error", exc_info=error, extra={FIELDS: {"request_id": record.request_id}})
    problem = problem_of(record, error)
    record.status = problem.status
    return event("error", problem.model_dump_json())
