"""What surrounds every request: its id, its time, its line in the log, and the last line of defence."""

from __future__ import annotations

import logging

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.context import CLIENT_GONE, RequestRecord, Service, begin_record
from service.api.problems import INTERNAL, NOT_READY, UNEXPECTED, problem_response
from service.logs import FIELDS

logger = logging.getLogger("service.request")

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_API = {
    ("POST", "/translate"): "libretranslate",
    ("POST", "/translate_file"): "libretranslate",
    ("POST", "/v2/translate"): "deepl",
    ("POST", "/v2/document"): "deepl",
}
_OUTCOMES = {
    200: "ok",
    400: "invalid",
    403: "forbidden",
    413: "too_large",
    429: "overloaded",
    456: "quota",
    CLIENT_GONE: "cancelled",
    503: "not_ready",
    504: "deadline",
}


class Observing:
    """ASGI middleware, the outermost: nothing that happens to a request escapes it.

    It adds the headers ``X-Request-ID`` and ``Server-Timing``, counts, logs one line, and answers an
    unexpected exception with a problem that tells nothing about it.

    Args:
        app: what is inside.
        service: where to count, and whether the service is draining: then every response asks its client
            to open no further request on the connection.
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        record = begin_record(scope)

        async def observed(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
                self._add_headers(message, record)
            await send(message)

        try:
            await self._app(scope, receive, observed)
        except Exception:
            logger.exception("unexpected error", extra={FIELDS: {"request_id": record.request_id}})
            if record.status is not None:
                raise  # half a response is out: the connection can only be closed
            response = problem_response(record, INTERNAL, UNEXPECTED)
            await response(scope, receive, observed)
        finally:
            self._report(record, scope)

    def _add_headers(self, message: Message, record: RequestRecord) -> None:
        times = (
            ("queue", record.queue_seconds),
            ("decode", record.decode_seconds),
            ("total", record.elapsed_seconds),
        )
        timing = ", ".join([f"{name};dur={1000 * value:.1f}" for name, value in times if value is not None])
        message["headers"] = [
            *message["headers"],
            (b"x-request-id", record.request_id.encode()),
            (b"server-timing", timing.encode()),
        ]
        if self._service.lifecycle.draining:
            MutableHeaders(scope=message)["Connection"] = "close"

    def _rejection(self, record: RequestRecord) -> str | None:
        draining = record.rejection == NOT_READY.rejection and self._service.lifecycle.draining
        return "draining" if draining else record.rejection

    def _report(self, record: RequestRecord, scope: Scope) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        status = record.status or CLIENT_GONE
        seconds = record.elapsed_seconds
        self._service.metrics.http_answered(route, method, status, seconds)
        if (api := _API.get((method, route))) is not None:
            outcome = _OUTCOMES.get(status, "failed")
            self._service.metrics.request_answered(api, outcome, self._rejection(record))
        fields = {
            "request_id": record.request_id,
            "route": route,
            "method": method,
            "status": status,
            "duration_seconds": round(seconds, 6),
            "characters": record.characters,
            "segments": record.segments,
            "queue_seconds": record.queue_seconds,
            "decode_seconds": record.decode_seconds,
        }
        known = {name: value for name, value in fields.items() if value is not None}
        logger.info("request", extra={FIELDS: known})
