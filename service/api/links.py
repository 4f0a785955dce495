"""Addresses of this service as its clients see it."""

from __future__ import annotations

import re

from fastapi import Request

_HOST = re.compile(r"[A-Za-z0-9.\-_]+(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?")
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")


def public_url(request: Request, path: str, configured: str | None) -> str:
    """An absolute address for ``path``.

    Where none is configured it is put together from the request: scheme and host as the client has used them,
    which a proxy passes on as ``X-Forwarded-Proto``, ``-Host`` and ``-Prefix``. Whoever makes these up gets a
    wrong address back, and nobody else does.
    """
    if configured is not None:
        return configured.rstrip("/") + path
    headers = request.headers
    scheme = _first(headers.get("x-forwarded-proto", "")).lower()
    host = _first(headers.get("x-forwarded-host", "")) or headers.get("host", "")
    prefix = _first(headers.get("x-forwarded-prefix", "")).rstrip("/")
    if scheme not in ("http", "https"):
        scheme = request.url.scheme
    if not _HOST.fullmatch(host):
        host = "localhost"
    return f"{scheme}://{host}{prefix if _PREFIX.fullmatch(prefix) else ''}{path}"


def _first(values: str) -> str:
    """Of a list, as a chain of proxies makes it, what the client has used."""
    return values.partition(",")[0].strip()
