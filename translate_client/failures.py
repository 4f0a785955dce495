"""What goes wrong, as exceptions: answers that say no, and connections that break."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from translate_client.errors import (
    CannotConnect,
    ConnectionBroken,
    DeadlineExceeded,
    InvalidRequest,
    KeyRefused,
    NotReady,
    Overloaded,
    QuotaExceeded,
    ServiceError,
    TextTooLarge,
    TranslationFailed,
    UnexpectedAnswer,
    UnsupportedLanguage,
)
from translate_client.reading import Object, read_object, unexpected

_BY_STATUS: Mapping[int, type[ServiceError]] = {
    403: KeyRefused,
    413: TextTooLarge,
    429: Overloaded,
    456: QuotaExceeded,
    503: NotReady,
    504: DeadlineExceeded,
}
_BY_KIND: Mapping[str, type[ServiceError]] = {
    "/problems/unsupported-language": UnsupportedLanguage,
    "/problems/key-missing": KeyRefused,
}


def check_success(response: httpx.Response) -> None:
    """Do nothing if ``response`` says yes; otherwise its body must have been read.

    Raises:
        ServiceError: it says no.
        UnexpectedAnswer: it says something else, such as to look elsewhere.
    """
    if not response.is_success:
        raise service_error(response)


def service_error(response: httpx.Response) -> ServiceError | UnexpectedAnswer:
    """What a response that says no means; its body must have been read."""
    try:
        body = read_object(response.json())
    except (ValueError, UnexpectedAnswer):
        if response.status_code < 400:
            return unexpected(f"status {response.status_code}")
        body = {"detail": f"{response.reason_phrase or 'an error'}, told by something between"}  # a proxy
    return problem_error(body, response.status_code, response.headers)


def problem_error(body: Object, status: int, headers: Mapping[str, str]) -> ServiceError:
    """The exception for a problem, which came as a body or as an event."""
    default = InvalidRequest if status < 500 else TranslationFailed
    kind = _BY_KIND.get(str(body.get("type")), _BY_STATUS.get(status, default))
    detail = body.get("detail") or body.get("error") or body.get("message") or "no reason is given"
    request_id = body.get("request_id") or headers.get("x-request-id")
    retry_after = read_retry_after(headers.get("retry-after"), datetime.now(UTC))
    return kind(str(detail), status, request_id and str(request_id), retry_after)


def read_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds, which the header gives as such or as a date; None if it gives neither."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (when.replace(tzinfo=when.tzinfo or UTC) - now).total_seconds())


@contextmanager
def connection_errors() -> Iterator[None]:
    """The exceptions of httpx as this package's."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise CannotConnect(_explain(error, "the service cannot be reached")) from error
    except httpx.TimeoutException as error:
        raise ConnectionBroken(_explain(error, "nothing came for too long")) from error
    except (httpx.HTTPError, httpx.StreamError) as error:
        raise ConnectionBroken(_explain(error, "the connection broke")) from error


def _explain(error: Exception, meaning: str) -> str:
    return f"{meaning}: {error}" if str(error) else meaning
