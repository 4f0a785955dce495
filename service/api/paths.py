"""Paths as clients put them together."""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Receive, Scope, Send

_ORIGIN = re.compile("^https?://[^/]*", re.IGNORECASE)
_SLASHES = re.compile("//+")


class TidyPath:
    """ASGI middleware: ``//translate``, ``/translate/`` and ``http://host/translate`` are ``/translate``.

    The first two come of addresses with a slash at the end. A redirect would say the same, but many clients
    drop the body of a POST on its way. The third is the form for proxies, which servers must accept too (RFC
    9112, section 3.2.2).

    Args:
        app: what is inside.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] == "http":
            scope["path"] = _SLASHES.sub("/", _ORIGIN.sub("", scope["path"])).rstrip("/") or "/"
        await self._app(scope, receive, send)
