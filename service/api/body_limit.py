"""No body larger than allowed is read."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.context import header
from service.api.problems import BodyTooLarge, on_body_too_large


class BodyLimit:
    """ASGI middleware that answers 413 as soon as a body is known to be too large.

    A declared length is refused before anything is read; a body of unknown length at the chunk that
    passes the limit.

    Args:
        app: what is inside.
        max_body_bytes: the limit.
        exceptions: other limits, by path.
    """

    def __init__(
        self, app: ASGIApp, max_body_bytes: int, exceptions: Mapping[str, int] | None = None
    ) -> None:
        self._app = app
        self._limit = max_body_bytes
        self._exceptions = exceptions or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._exceptions.get(scope["path"], self._limit)
        declared = header(scope, b"content-length")
        if declared.isdecimal() and int(declared) > limit:
            response = on_body_too_large(Request(scope), BodyTooLarge(limit))
            await response(scope, receive, send)
            return
        await self._serve(scope, receive, send, limit)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        received = 0

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise BodyTooLarge(limit)
            return message

        await self._app(scope, limited, send)
