"""Paths as clients put them together from an address with or without a slash at its end."""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Receive, Scope, Send

_SLASHES = re.compile("//+")


class TidyPath:
    """ASGI middleware that takes ``//translate`` and ``/translate/`` for ``/translate``.

    A redirect would say the same, but many clients drop the body of a POST on its way.

    Args:
        app: what is inside.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] == "http":
            scope["path"] = _SLASHES.sub("/", scope["path"]).rstrip("/") or "/"
        await self._app(scope, receive, send)
