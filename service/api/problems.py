"""From exceptions to HTTP: one table, one body.

The body is a problem of RFC 9457, whose ``detail`` LibreTranslate's clients read as ``error`` and DeepL's as
``message``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from service.api.context import CLIENT_GONE, RequestRecord, record_of
from service.api.disconnect import ClientDisconnected
from service.errors import (
    DeadlineExceeded,
    GlossaryNotFound,
    InvalidRequest,
    KeyMissing,
    KeyRefused,
    NotReady,
    Overloaded,
    QuotaExceeded,
    ServiceError,
    TextTooLarge,
    TranslationFailed,
    UnreadableFile,
    UnsupportedLanguage,
)

MEDIA_TYPE = "application/problem+json"
MAX_EXPLAINED_ERRORS = 5
UNEXPECTED = "an unexpected error; the log has more under this request_id"


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of failure is told.

    Attributes:
        status: of the response.
        slug: what it is called in the problem's ``type``.
        title: what it is called for people.
        rejection: the reason it is counted under in ``translation_rejected_total``, if it is.
    """

    status: int
    slug: str
    title: str
    rejection: str | None = None


INVALID = Kind(400, "invalid-request", "The request is not valid")
UNREADABLE_FILE = Kind(400, "unreadable-file", "The file cannot be read")
UNSUPPORTED_LANGUAGE = Kind(400, "unsupported-language", "The language or direction is not served")
KEY_MISSING = Kind(400, "key-missing", "An API key is required")
KEY_REFUSED = Kind(403, "key-refused", "The API key is not accepted")
NO_GLOSSARY = Kind(404, "glossary-not-found", "There is no such glossary")
TOO_LARGE = Kind(413, "too-large", "The request is too large", "too_large")
OVERLOADED = Kind(429, "overloaded", "The service has too much work", "queue_full")
QUOTA = Kind(456, "quota-exceeded", "The quota is used up", "quota")
NOT_READY = Kind(503, "not-ready", "The service is not ready", "not_ready")
DEADLINE = Kind(504, "deadline-exceeded", "The deadline passed", "deadline")
FAILED = Kind(500, "translation-failed", "The text could not be translated")
INTERNAL = Kind(500, "internal-error", "An error of the service")

_BY_EXCEPTION: Mapping[type[ServiceError], Kind] = {
    UnreadableFile: UNREADABLE_FILE,
    UnsupportedLanguage: UNSUPPORTED_LANGUAGE,
    KeyMissing: KEY_MISSING,
    KeyRefused: KEY_REFUSED,
    QuotaExceeded: QUOTA,
    GlossaryNotFound: NO_GLOSSARY,
    TextTooLarge: TOO_LARGE,
    InvalidRequest: INVALID,
    Overloaded: OVERLOADED,
    NotReady: NOT_READY,
    DeadlineExceeded: DEADLINE,
    TranslationFailed: FAILED,
    ServiceError: INTERNAL,
}
_BY_STATUS: Mapping[int, tuple[Kind, str]] = {
    400: (INVALID, "the body is not valid JSON, or not in UTF-8"),
    404: (Kind(404, "not-found", "There is no such page"), "there is nothing under this path"),
    405: (
        Kind(405, "method-not-allowed", "The method is not allowed"),
        "this path does not take this method; the Allow header lists those that it takes",
    ),
}


class BodyTooLarge(HTTPException):
    """The body has passed the limit while it was being read.

    It is not a ``ServiceError`` because FastAPI lets nothing but its own kind out of the reading of a body.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(TOO_LARGE.status, f"the body is larger than {limit} bytes", {"Connection": "close"})


class Problem(BaseModel):
    """The body of every response that is not a success."""

    type: str = Field(description="what kind of problem; stable", examples=["/problems/overloaded"])
    title: str = Field(description="the same, for people", examples=[OVERLOADED.title])
    status: int = Field(description="the HTTP status", examples=[429])
    detail: str = Field(
        description="what is wrong here, and what would be accepted", examples=["the queue is full"]
    )
    error: str = Field(description="`detail` again, where LibreTranslate's clients look")
    message: str = Field(description="`detail` again, where DeepL's clients look")
    request_id: str = Field(description="the X-Request-ID of this request, for the logs")


def problem_response(
    record: RequestRecord, kind: Kind, detail: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """The response for a failure of ``kind``; ``record`` is told."""
    body = _problem(record, kind, detail)
    return JSONResponse(body.model_dump(), kind.status, headers, media_type=MEDIA_TYPE)


def problem_of(record: RequestRecord, error: Exception) -> Problem:
    """What to tell of ``error`` where a response has begun; ``record`` is told."""
    if isinstance(error, ServiceError):
        return _problem(record, _kind_of(error), str(error))
    return _problem(record, INTERNAL, UNEXPECTED)


def _problem(record: RequestRecord, kind: Kind, detail: str) -> Problem:
    record.rejection = kind.rejection
    return Problem(
        type=f"/problems/{kind.slug}",
        title=kind.title,
        status=kind.status,
        detail=detail,
        error=detail,
        message=detail,
        request_id=record.request_id,
    )


def _kind_of(error: ServiceError) -> Kind:
    return next(_BY_EXCEPTION[cls] for cls in type(error).__mro__ if cls in _BY_EXCEPTION)


def responses(meanings: Mapping[int, str]) -> dict[int | str, dict[str, Any]]:
    """For a route's documentation: the statuses it may answer with a problem, and when."""
    return {status: {"model": Problem, "description": meaning} for status, meaning in meanings.items()}


def install_handlers(app: FastAPI) -> None:
    """Have ``app`` answer every exception with a problem.

    What is not expected at all is answered by ``Observing``, which is outside of everything.
    """
    app.exception_handler(ServiceError)(_on_service_error)
    app.exception_handler(HTTPException)(_on_http_exception)
    app.exception_handler(BodyTooLarge)(on_body_too_large)
    app.exception_handler(RequestValidationError)(_on_validation_error)
    app.exception_handler(ClientDisconnected)(_on_disconnect)


def _on_service_error(request: Request, error: ServiceError) -> Response:
    retry = {"Retry-After": str(error.retry_after_seconds)} if isinstance(error, Overloaded) else None
    return problem_response(record_of(request.scope), _kind_of(error), str(error), retry)


def _on_http_exception(request: Request, error: HTTPException) -> Response:
    generic = Kind(error.status_code, "http-error", HTTPStatus(error.status_code).phrase)
    kind, detail = _BY_STATUS.get(error.status_code, (generic, generic.title))
    return problem_response(record_of(request.scope), kind, detail, error.headers)


def on_body_too_large(request: Request, error: BodyTooLarge) -> Response:
    """The answer to it; the connection is closed, since what is left of the body stays unread."""
    return problem_response(record_of(request.scope), TOO_LARGE, error.detail, error.headers)


def _on_validation_error(request: Request, error: RequestValidationError) -> Response:
    return problem_response(record_of(request.scope), INVALID, explain(error.errors()))


def _on_disconnect(request: Request, error: ClientDisconnected) -> Response:
    return Response(status_code=CLIENT_GONE)


def explain(errors: Sequence[Mapping[str, Any]]) -> str:
    """What is wrong with a request, as one sentence for each of the first few errors; never its input."""
    return "; ".join(_explain(error) for error in errors[:MAX_EXPLAINED_ERRORS])


def _explain(error: Mapping[str, Any]) -> str:
    location = error["loc"][1:]
    if error["type"] == "json_invalid":
        return f"the body is not valid JSON: {error['ctx']['error']} at character {error['loc'][1]}"
    if not location:
        return "the body must be a JSON object, sent with the header content-type: application/json"
    message = error["msg"].removeprefix("Value error, ")
    return f"{'.'.join(map(str, location))}: {message[0].lower()}{message[1:]}"
