"""The application: the parts and how they hang together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from prometheus_client import CollectorRegistry
from starlette.middleware.cors import CORSMiddleware

from service.accounts import read_accounts
from service.api.body_limit import BodyLimit
from service.api.context import Service
from service.api.deepl import deepl_router
from service.api.detect import detect_router
from service.api.documentation import install_openapi
from service.api.documents import documents_router
from service.api.files import files_router
from service.api.frontend import frontend_router
from service.api.glossaries import glossary_router
from service.api.observing import Observing
from service.api.operations import operations_router
from service.api.page import page_router
from service.api.paths import TidyPath
from service.api.problems import install_handlers
from service.api.translate import translate_router
from service.api.unsupported import unsupported_router
from service.api.uploads import FORM_BYTES
from service.cache.opening import open_cache
from service.cache.store import SegmentStore
from service.engine.request import EngineLike
from service.errors import NotReady
from service.files.building import make_file_manager
from service.glossaries.library import GlossaryLibrary
from service.glossaries.store import open_glossaries
from service.lifecycle import Lifecycle
from service.loading import load_registry
from service.memory import settle
from service.metrics import Metrics
from service.settings import Settings
from service.text.detection import Detector

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

logger = logging.getLogger(__name__)

_DESCRIPTION = """
Translates texts with neural networks on this machine; no text leaves it, and none is logged.

The routes are those of LibreTranslate, and under `/v2` those of DeepL: their clients work unchanged.
Every error has one body, `application/problem+json`.
"""


def create_app(
    settings: Settings, engine: EngineLike | None = None, lifecycle: Lifecycle | None = None
) -> FastAPI:
    """The service as an ASGI application, with metrics of its own.

    It answers ``/health`` at once, and loads its checkpoints meanwhile.

    Args:
        settings: what it is to be like.
        engine: translates for every checkpoint, instead of an engine for each.
        lifecycle: to be shared with whoever runs the application.
    """
    lifecycle = lifecycle or Lifecycle(settings)
    metrics = Metrics(CollectorRegistry(), lambda: lifecycle.served)
    files = make_file_manager(settings, lifecycle, metrics)
    glossaries = GlossaryLibrary(open_glossaries(settings), settings.max_glossary_entries)
    service = Service(settings, lifecycle, metrics, read_accounts(settings), Detector(), files, glossaries)
    # FastAPI's own documentation page loads its script from another host; this one does not.
    app = FastAPIOffline(
        title="Dragoman",
        description=_DESCRIPTION,
        redoc_url=None,
        redirect_slashes=False,
        swagger_ui_parameters={"validatorUrl": None},
        lifespan=_lifespan(service, engine),
    )
    app.include_router(translate_router(service))
    app.include_router(detect_router(service))
    app.include_router(frontend_router(service))
    app.include_router(page_router())
    app.include_router(files_router(service))
    app.include_router(deepl_router(service))
    app.include_router(documents_router(service))
    app.include_router(glossary_router(service))
    app.include_router(unsupported_router())
    app.include_router(operations_router(service))
    install_handlers(app)
    install_openapi(app)
    uploads = dict.fromkeys(("/translate_file", "/v2/document"), settings.max_file_bytes + FORM_BYTES)
    app.add_middleware(BodyLimit, max_body_bytes=settings.max_body_bytes, exceptions=uploads)
    app.add_middleware(TidyPath)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=("DELETE", "GET", "POST"),
            allow_headers=("*",),
            expose_headers=("Content-Disposition", "Retry-After", "X-Request-ID"),
        )
    app.add_middleware(Observing, service=service)  # added last: the outermost
    return app


def _lifespan(service: Service, engine: EngineLike | None) -> Lifespan:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with open_cache(service.settings, service.metrics.cache) as store:
            loading = asyncio.create_task(_load(service, engine, store))
            yield
            service.lifecycle.draining = True
            loading.cancel()
            await asyncio.gather(loading, return_exceptions=True)
            await service.files.close()
            service.glossaries.close()
            await _drain(service)

    return lifespan


async def _load(service: Service, engine: EngineLike | None, store: SegmentStore | None) -> None:
    try:
        registry = await load_registry(service.settings, service.metrics, engine, store)
        settle()
    except Exception as error:  # of whatever kind: a service that cannot load must end, and say why
        reasons = [str(one) for one in (error, error.__cause__) if one is not None]
        logger.error("the service cannot start: %s", ": ".join(reasons), exc_info=True)
        service.lifecycle.failure = error
    else:
        service.lifecycle.loaded(registry)


async def _drain(service: Service) -> None:
    engines = {id(one.engine): one.engine for one in service.lifecycle.served}
    timeout = service.settings.drain_timeout_seconds
    done = await asyncio.gather(*(engine.drain(timeout) for engine in engines.values()))
    if not all(done):
        logger.error("not all that was accepted was finished within %g s", timeout)
        service.lifecycle.failure = NotReady("the service ended before its work was done")
