"""The page for people, at ``/``: the files of ``service/web``, as they are."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import PurePath
from types import MappingProxyType

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

_PAGE = "index.html"
_MEDIA_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Cache-Control": "no-cache",  # kept, but asked about each time: an update is seen at once
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent.

    Attributes:
        body: its bytes.
        headers: its type, its tag for caches, and what the browser must not do with it.
    """

    body: bytes
    headers: Mapping[str, str]


def page_router() -> APIRouter:
    """The routes of the page and of what it consists of; the files are read now, and kept."""
    router = APIRouter(include_in_schema=False)
    assets = _read_assets()

    @router.api_route("/", methods=["GET", "HEAD"])
    async def page(request: Request) -> Response:
        return _respond(request, assets[_PAGE])

    @router.api_route("/static/{name}", methods=["GET", "HEAD"])
    async def static(request: Request, name: str) -> Response:
        if name == _PAGE or name not in assets:  # the page's links only lead somewhere from ``/``
            raise HTTPException(404)
        return _respond(request, assets[name])

    return router


def _read_assets() -> dict[str, Asset]:
    files = {
        file.name: file.read_bytes()
        for file in resources.files("service.web").iterdir()
        if PurePath(file.name).suffix in _MEDIA_TYPES
    }
    return {name: _asset(name, body) for name, body in files.items()}


def _asset(name: str, body: bytes) -> Asset:
    media_type = _MEDIA_TYPES[PurePath(name).suffix]
    headers = {
        **_HEADERS,
        "Content-Type": f"{media_type}; charset=utf-8",
        "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"',
    }
    return Asset(body, MappingProxyType(headers))


def _respond(request: Request, asset: Asset) -> Response:
    if _is_known(asset.headers["ETag"], request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=asset.headers)
    return Response(asset.body, headers=asset.headers)


def _is_known(tag: str, header: str) -> bool:
    """Whether If-None-Match has ``tag``, or a weak form of it, as a proxy that compresses makes it."""
    known = [one.strip().removeprefix("W/") for one in header.split(",")]
    return tag in known or known == ["*"]
