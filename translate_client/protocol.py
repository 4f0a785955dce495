"""Requests and answers as the service has them; nothing here sends anything."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message
from email.utils import collapse_rfc2231_value
from pathlib import PurePosixPath
from typing import Any, Literal, TypedDict

import httpx

from translate_client.errors import TranslationFailed
from translate_client.failures import check_success
from translate_client.reading import Object, read_list, read_number, read_object, read_text, unexpected
from translate_client.results import (
    Detection,
    Language,
    Link,
    Sentence,
    ServerSettings,
    TranslatedFile,
    Translation,
)

EVENTS = "text/event-stream"


class Options(TypedDict, total=False):
    """What may be said about a translation.

    Attributes:
        source: code of the texts' language; ``auto``, which is the default, detects each text's.
        alternatives: other translations wanted of each text; default 0.
        format: ``html`` for texts with markup; default ``text``.
        details: whether ``Translation.sentences`` are wanted.
        priority: ``bulk`` lets others go first.
        deadline_seconds: after which the answer is of no use; default: the service's.
    """

    source: str
    alternatives: int
    format: Literal["text", "html"]
    details: bool
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
    if options.get("details"):
        body["details"] = True
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
    sentences = _items(body, "sentences", count) if "sentences" in body else [[]] * count
    return [
        Translation(
            read_text(text),
            None if score is None else read_number(score),
            tuple(map(read_text, read_list(others))) if others else (),
            None if detected is None else read_detection(detected),
            tuple(map(_read_sentence, read_list(known))),
        )
        for text, score, others, detected, known in zip(texts, scores, further, found, sentences, strict=True)
    ]


def _read_sentence(value: Any) -> Sentence:
    body = read_object(value)
    return Sentence(
        *_read_range(body.get("source")),
        *_read_range(body.get("target")),
        confidence=read_number(body.get("confidence")),
        coverage=read_number(body.get("coverage")),
        flags=tuple(map(read_text, read_list(body.get("flags")))),
        links=tuple(map(_read_link, read_list(body.get("alignment")))),
    )


def _read_range(value: Any) -> tuple[int, int]:
    body = read_object(value)
    return int(read_number(body.get("start"))), int(read_number(body.get("end")))


def _read_link(value: Any) -> Link:
    numbers = [read_number(one) for one in read_list(value)]
    if len(numbers) != 5:
        raise unexpected(f"a link of {len(numbers)} numbers")
    *places, weight = numbers
    source_start, source_end, target_start, target_end = map(int, places)
    return Link(source_start, source_end, target_start, target_end, weight)


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


def read_event(data: str) -> Object:
    """The data of an event."""
    try:
        return read_object(json.loads(data))
    except ValueError:
        raise unexpected("an event that is no JSON") from None
