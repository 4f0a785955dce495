"""What a service tells about itself: languages, health, readiness, metrics."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Request, Response
from prometheus_client import exposition
from prometheus_client.registry import Collector

from service.api.context import Service
from service.api.language_names import name_of
from service.api.problems import responses
from service.api.schemas import Health, Language

_NOT_READY = responses({503: "Not now; `detail` says why."})


def operations_router(service: Service) -> APIRouter:
    """The routes, over ``service``."""
    router = APIRouter()

    @router.get("/languages", tags=["translation"], summary="What can be translated", responses=_NOT_READY)
    async def languages() -> list[Language]:
        """Every language that can be translated from, and into what."""
        registry = service.lifecycle.registry
        return [
            Language(code=code, name=name_of(code), targets=list(registry.targets(code)))
            for code in registry.sources
        ]

    # argostranslate's client posts.
    router.add_api_route("/languages", languages, methods=["POST"], include_in_schema=False)

    @router.get("/health", tags=["operation"], summary="Is it alive?", responses=_NOT_READY)
    async def health() -> Health:
        """Alive: the process answers and no engine is stuck. Restart it if this fails for long."""
        service.lifecycle.check_alive()
        return Health()

    @router.get("/ready", tags=["operation"], summary="Does it take work?", responses=_NOT_READY)
    async def ready() -> Health:
        """Ready: everything is loaded and warmed up, there is room in the queue, and it is not draining."""
        service.lifecycle.check_ready()
        return Health()

    @router.get("/metrics", tags=["operation"], summary="Metrics for Prometheus", response_class=Response)
    async def metrics(request: Request) -> Response:
        """Prometheus' text format, or OpenMetrics where the Accept header asks for it."""
        encode, media_type = _encoder(request.headers.get("accept", ""))
        return Response(encode(service.metrics.registry), media_type=media_type)

    return router


def _encoder(accept: str) -> tuple[Callable[[Collector], bytes], str]:
    try:
        return exposition.choose_encoder(accept)
    except (TypeError, ValueError):  # a version in the header that is no version
        return exposition.choose_encoder("")
