"""Routes of either API that this service does not have yet: clients are told so, instead of a 404."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import APIRouter

from service.errors import InvalidRequest

_WHAT = {
    "/v3/glossaries": "glossaries of several directions are",
    "/v3/glossaries/{rest:path}": "glossaries of several directions are",
}
_METHODS = ["DELETE", "GET", "PATCH", "POST", "PUT"]


def unsupported_router() -> APIRouter:
    """The routes; each answers 400."""
    router = APIRouter(include_in_schema=False)
    for path, what in _WHAT.items():
        router.add_api_route(path, _refusal(what), methods=_METHODS)
    return router


def _refusal(what: str) -> Callable[[], Awaitable[None]]:
    async def refuse() -> None:
        raise InvalidRequest(f"{what} not supported yet")

    return refuse
