"""Requests and answers as the service has them; nothing here sends anything."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import collapse_rfc2231_value, parsedate_to_datetime
from pathlib import PurePosixPath
from typing import Any, Literal, TypedDict

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
from translate_client.reading import Object, read_list, read_number, read_object, read_text, unexpected
from translate_client.results import Detection, Language, ServerSettings, TranslatedFile, Translation

EVENTS = "text/event-stream"

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


class Options(TypedDict, total=False):
    """What may be said about a translation.

    Attributes:
        source: code of the texts' language; ``auto``, which is the default, detects each text's.
        alternatives: other translations wanted of each text; default 0.
        format: ``html`` for texts with markup; default ``text``.
        priority: ``bulk`` lets others go first.
        deadline_seconds: after which the answer is of no use; default: the service's.
    """

    source: str
    alternatives: int
    format: Literal["text", "html"]
    priority: Literal["interactive", "bulk"]
    deadline_seconds: float


def may_cut(options: Options) -> bool:
    """Whether a text may be translated in parts: alternatives and HTML have to be whole."""
    return not options.get("alternatives") and options.get("format", "text") == "text"


def translation_body(texts: Sequence[str], target: str, options: Options) -> Object:
    """The parameters of POST /translate; those that are not given are left to the service."""
    body: Object = {"q": list(texts), "source": options.get("source", "auto"), "target": target}
    if options.get("alternatives"):
        body["alternatives"] = options["alternatives"]
    if options.get("format", "text") != "text":
        body["format"] = options["format"]
    if "priority" in options:
        body["priority"] = options["priority"]
    if "deadline_seconds" in options:
        body["deadline_ms"] = max(1, round(options["deadline_seconds"] * 1000))
    return body


def read_translations(answer: Any, count: int) -> list[Translation]:
    """The answer of POST /translate to a list of ``count`` texts."""
    body = read_object(answer)
    texts = _items(body, "translatedText", count)
    scores = _items(body, "score", count) if "score" in body else [None] * count
    found = _items(body, "detectedLanguage", count) if "detectedLanguage" in body else [None] * count
    further = _items(body, "alternatives", count) if "alternatives" in body else [()] * count
    return [
        Translation(
            read_text(text),
            None if score is None else read_number(score),
            tuple(map(read_text, read_list(others))) if others else (),
            None if detected is None else read_detection(detected),
        )
        for text, score, others, detected in zip(texts, scores, further, found, strict=True)
    ]


def _items(body: Object, name: str, count: int) -> list[Any]:
    items = read_list(body.get(name))
    if len(items) != count:
        raise unexpected(f"{name} has {len(items)} items where {count} were asked for")
    return items


def read_detection(value: Any) -> Detection:
    """A language that was detected."""
    body = read_object(value)
    return Detection(read_text(body.get("language")), read_number(body.get("confidence")))


def read_detections(answer: Any) -> Detection:
    """The answer of POST /detect: the likeliest language."""
    found = read_list(answer)
    if not found:
        raise unexpected("no language was detected")
    return read_detection(found[0])


def read_languages(answer: Any) -> tuple[Language, ...]:
    """The answer of GET /languages."""
    return tuple(
        Language(
            read_text(one.get("code")),
            read_text(one.get("name")),
            tuple(map(read_text, read_list(one.get("targets")))),
        )
        for one in map(read_object, read_list(answer))
    )


def read_settings(answer: Any) -> ServerSettings:
    """The answer of GET /frontend/settings."""
    body = read_object(answer)
    most = int(read_number(body.get("charLimit", -1)))
    items = body.get("maxItems")
    return ServerSettings(
        max_characters=most if most > 0 else None,
        max_texts=None if items is None else int(read_number(items)),
        key_required=bool(body.get("keyRequired", False)),
        file_extensions=tuple(map(read_text, read_list(body.get("supportedFilesFormat", [])))),
    )


@dataclass(frozen=True, slots=True)
class Document:
    """A file that the service has taken in.

    Attributes:
        id: names it.
        key: opens it.
    """

    id: str
    key: str


def read_document(answer: Any) -> Document:
    """The answer of POST /v2/document."""
    body = read_object(answer)
    document = Document(read_text(body.get("document_id")), read_text(body.get("document_key")))
    if not document.id.isalnum():
        raise unexpected("the id of a document is not of letters and digits")
    return document


def read_progress(answer: Any) -> float:
    """How far a file is, 1 once it is done.

    Raises:
        TranslationFailed: it cannot be translated.
    """
    body = read_object(answer)
    status = read_text(body.get("status"))
    if status == "error":
        raise TranslationFailed(str(body.get("error_message") or "the file could not be translated"), 500)
    return 1.0 if status == "done" else min(0.999, read_number(body.get("progress", 0.0)))


def read_file(response: httpx.Response, document_name: str) -> TranslatedFile:
    """The translated file; its name is the service's, or that of what was sent."""
    name = _suggested_name(response.headers.get("content-disposition", ""))
    return TranslatedFile(PurePosixPath(name.replace("\\", "/")).name or document_name, response.content)


def _suggested_name(disposition: str) -> str:
    """The file name in a Content-Disposition header: RFC 6266 prefers the encoded one, ``filename*``."""
    message = Message()
    message["content-disposition"] = disposition
    parameters = message.get_params([], "content-disposition")
    names: list[Any] = [value for name, value in parameters if name == "filename"]
    encoded = [value for value in names if isinstance(value, tuple)]
    return collapse_rfc2231_value((encoded or names or [""])[0])


def check_success(response: httpx.Response) -> None:
    """Do nothing if ``response`` says yes; otherwise its body must have been read.

    Raises:
        ServiceError: it says no.
        UnexpectedAnswer: it says something else, such as to look elsewhere.
    """
    if not response.is_success:
        raise service_error(response)


def check_events(response: httpx.Response) -> None:
    """Do nothing if ``response`` is a stream of events.

    Raises:
        ServiceError, UnexpectedAnswer: see ``check_success``; or it is something else.
    """
    check_success(response)
    if response.headers.get("content-type", "").partition(";")[0].strip() != EVENTS:
        raise unexpected("no stream of events; does the service know them?")


def read_json(response: httpx.Response) -> Any:
    """The body of a response that says yes.

    Raises:
        UnexpectedAnswer: it is not the service's.
    """
    try:
        return response.json()
    except ValueError:
        raise unexpected(f"status {response.status_code}, but no JSON") from None


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


def read_event(data: str) -> Object:
    """The data of an event."""
    try:
        return read_object(json.loads(data))
    except ValueError:
        raise unexpected("an event that is no JSON") from None


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
