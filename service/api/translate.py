"""POST /translate, as LibreTranslate has it."""

from __future__ import annotations

import time
from collections.abc import Callable

from fastapi import APIRouter, Request, Response

from service.api.context import Service
from service.api.glossary_use import with_glossary, with_terms
from service.api.keys import libretranslate_account
from service.api.parameters import described, read_parameters, validated
from service.api.problems import responses
from service.api.schemas import TranslateRequest, TranslateResponse
from service.api.shaping import json_response, make_response
from service.api.streaming import STREAM, stream, wants_events
from service.api.work import AUTO, check_size, perform
from service.engine.request import Priority
from service.errors import InvalidRequest, KeyRefused, QuotaExceeded
from service.job import Job
from service.markup.document import Document, html_document
from service.markup.job import with_documents
from service.markup.rules import Rules
from service.registry import Registry
from service.settings import Settings
from service.text.annotated import plain

MAX_ATTENTION_CHARACTERS = 2000
"""The size of an attention matrix grows with the square of a sentence's."""

_PROBLEMS = {
    400: "A parameter is missing or not valid, the direction is not served, or an API key is required.",
    403: "The API key is not accepted, or its quota is used up.",
    404: "There is no such glossary.",
    413: "Too many characters, texts or bytes.",
    429: "Too much work; `Retry-After` has the seconds after which to try again.",
    500: "The text could not be translated.",
    503: "The service is starting or ending.",
    504: "The deadline passed.",
}


def translate_router(service: Service) -> APIRouter:
    """The route, over ``service``."""
    router = APIRouter(tags=["LibreTranslate"])

    @router.post(
        "/translate",
        summary="Translate texts",
        response_model=TranslateResponse,
        responses={200: STREAM, **responses(_PROBLEMS)},
        response_model_exclude_none=True,
        openapi_extra=described(TranslateRequest),
    )
    async def translate(request: Request) -> Response:
        """Translate a text or a list of texts; a list is translated as one batch.

        The parameters may be in a JSON object, in a form, or in the query string. With the header
        `Accept: text/event-stream` each sentence is sent as soon as it is done.
        """
        parameters = await read_parameters(request, repeated="q")
        account = libretranslate_account(service.accounts, parameters)
        body = validated(TranslateRequest, parameters)
        job = make_job(body, service.lifecycle.registry, service.settings)
        job = await with_glossary(service, account, job, body.glossary, "glossary")
        job = with_terms(service, job, body.terms)
        if body.format == "html":
            job = await with_documents(job, reader_of(body), "q", service.metrics)
        try:
            if wants_events(request.headers.get("accept", "")):
                return await stream(request, service, account, body, job)
            return json_response(make_response(body, await perform(request, service, account, job)))
        except QuotaExceeded as error:  # for which LibreTranslate's clients know this status
            raise KeyRefused(str(error)) from error

    return router


def make_job(body: TranslateRequest, registry: Registry, settings: Settings) -> Job:
    """The job that ``body`` describes.

    Raises:
        InvalidRequest: a parameter that is not supported.
        UnsupportedLanguage: an unknown language.
        TextTooLarge: too many characters or texts.
    """
    texts = (body.q,) if isinstance(body.q, str) else tuple(body.q)
    check_size(texts, "q", settings)
    if body.alternatives > settings.max_alternatives:
        raise InvalidRequest(f"alternatives: must be at most {settings.max_alternatives}", "alternatives")
    if body.attention and sum(map(len, texts)) > MAX_ATTENTION_CHARACTERS:
        raise InvalidRequest(
            f"attention: at most {MAX_ATTENTION_CHARACTERS} characters of text are accepted with it",
            "attention",
        )
    if body.format == "html" and body.wants_details:
        raise InvalidRequest("details, attention: not accepted with format: html", "details")
    is_auto = body.source.strip().lower() == AUTO
    return Job(
        texts=plain(texts),
        source=AUTO if is_auto else registry.language(body.source, "source"),
        target=registry.language(body.target, "target"),
        alternatives=body.alternatives,
        priority=Priority[body.priority.upper()],
        deadline=time.monotonic() + _deadline_seconds(body, settings),
        details=body.wants_details,
    )


def reader_of(body: TranslateRequest) -> Callable[[str], Document]:
    """What reads the HTML of ``body``."""
    rules = Rules(attributes=frozenset(body.translate_attributes))
    return lambda source: html_document(source, rules)


def _deadline_seconds(body: TranslateRequest, settings: Settings) -> float:
    if body.deadline_ms is None:
        return settings.default_deadline_seconds
    longest = int(settings.max_deadline_seconds * 1000)
    if body.deadline_ms > longest:
        raise InvalidRequest(f"deadline_ms: must be at most {longest}", "deadline_ms")
    return body.deadline_ms / 1000
