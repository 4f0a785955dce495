"""POST /translate."""

from __future__ import annotations

import time

from fastapi import APIRouter, Request

from service.api.context import Service, record_of
from service.api.disconnect import unless_disconnected
from service.api.problems import responses
from service.api.schemas import TranslateRequest, TranslateResponse
from service.engine.request import Priority
from service.errors import InvalidRequest, TextTooLarge
from service.registry import Registry
from service.restoring import TranslatedText
from service.settings import Settings
from service.translator import Job, Translator

_PROBLEMS = {
    400: "A parameter is missing or not valid, or the direction is not served.",
    413: "Too many characters, texts or bytes.",
    429: "Too much work; `Retry-After` has the seconds after which to try again.",
    500: "The text could not be translated.",
    503: "The service is starting or ending.",
    504: "The deadline passed.",
}


def translate_router(service: Service) -> APIRouter:
    """The route, over ``service``."""
    router = APIRouter(tags=["translation"])

    @router.post(
        "/translate",
        summary="Translate texts",
        responses=responses(_PROBLEMS),
        response_model_exclude_none=True,
    )
    async def translate(request: Request, body: TranslateRequest) -> TranslateResponse:
        """Translate a text or a list of texts; a list is translated as one batch."""
        registry = service.lifecycle.registry
        job = make_job(body, registry, service.settings)
        record = record_of(request.scope)
        record.characters = sum(map(len, job.texts))
        translator = Translator(registry, service.settings, service.metrics)
        outcome = await unless_disconnected(request.receive, translator.translate(job))
        record.segments = outcome.segments
        record.queue_seconds = outcome.queue_seconds
        record.decode_seconds = outcome.decode_seconds
        return _respond(body, outcome.texts)

    return router


def make_job(body: TranslateRequest, registry: Registry, settings: Settings) -> Job:
    """The job that ``body`` describes.

    Raises:
        InvalidRequest: a parameter that is not supported.
        UnsupportedLanguage: an unknown language.
        TextTooLarge: too many characters or texts.
    """
    texts = (body.q,) if isinstance(body.q, str) else tuple(body.q)
    _check_size(texts, settings)
    if body.format == "html":
        raise InvalidRequest("format: html is not supported; send text", "format")
    if body.source.strip().lower() == "auto":
        raise InvalidRequest("source: auto is not supported; send the language's code", "source")
    if body.alternatives > settings.max_alternatives:
        raise InvalidRequest(f"alternatives: must be at most {settings.max_alternatives}", "alternatives")
    return Job(
        texts=texts,
        source=registry.language(body.source, "source"),
        target=registry.language(body.target, "target"),
        alternatives=body.alternatives,
        priority=Priority[body.priority.upper()],
        deadline=time.monotonic() + _deadline_seconds(body, settings),
    )


def _check_size(texts: tuple[str, ...], settings: Settings) -> None:
    if len(texts) > settings.max_request_items:
        raise TextTooLarge(f"q: {len(texts)} texts; at most {settings.max_request_items} are accepted", "q")
    characters = sum(map(len, texts))
    if characters > settings.max_request_characters:
        raise TextTooLarge(
            f"q: {characters} characters; at most {settings.max_request_characters} are accepted", "q"
        )


def _deadline_seconds(body: TranslateRequest, settings: Settings) -> float:
    if body.deadline_ms is None:
        return settings.default_deadline_seconds
    longest = int(settings.max_deadline_seconds * 1000)
    if body.deadline_ms > longest:
        raise InvalidRequest(f"deadline_ms: must be at most {longest}", "deadline_ms")
    return body.deadline_ms / 1000


def _respond(body: TranslateRequest, texts: tuple[TranslatedText, ...]) -> TranslateResponse:
    further = [list(text.alternatives) for text in texts] if body.alternatives else None
    if isinstance(body.q, str):
        return TranslateResponse(
            translatedText=texts[0].text,
            alternatives=further and further[0],
            score=texts[0].score,
        )
    return TranslateResponse(
        translatedText=[text.text for text in texts],
        alternatives=further,
        score=[text.score for text in texts],
    )
