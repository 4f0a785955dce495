"""The second version of DeepL's API, as far as it is about text."""

from __future__ import annotations

import time
from collections.abc import Callable

from fastapi import APIRouter, Request

from service.accounts import Account
from service.api.context import Service
from service.api.deepl_languages import language_lists
from service.api.deepl_schemas import (
    DeepLLanguage,
    DeepLRequest,
    DeepLResponse,
    DeepLTranslation,
    Usage,
)
from service.api.glossary_use import with_glossary
from service.api.keys import deepl_account
from service.api.parameters import described, read_parameters, validated
from service.api.problems import responses
from service.api.work import AUTO, Answer, check_size, perform
from service.engine.request import Priority
from service.errors import InvalidRequest
from service.job import Job
from service.markup.document import Document, html_document, xml_document
from service.markup.job import with_documents
from service.markup.rules import Rules
from service.registry import Registry
from service.settings import Settings
from service.text.annotated import plain
from service.text.lines import join_lines

NO_LIMIT = 1_000_000_000_000
"""What DeepL itself says where there is none: its clients want a number."""

_TYPE = {
    "name": "type",
    "in": "query",
    "schema": {"enum": ["source", "target"], "default": "source"},
    "description": "which languages; may be in a form too",
}
_REFUSED = {403: "The API key is missing or not accepted."}
_TRANSLATE_PROBLEMS = {
    400: "A parameter is missing, not valid or not supported, or the direction is not served.",
    **_REFUSED,
    404: "There is no such glossary.",
    413: "Too many characters, texts or bytes.",
    429: "Too much work; `Retry-After` has the seconds after which to try again.",
    456: "The quota of the key is used up.",
    500: "The text could not be translated.",
    503: "The service is starting or ending.",
    504: "The deadline passed.",
}
_LANGUAGES_PROBLEMS = {
    400: "`type` is neither `source` nor `target`.",
    **_REFUSED,
    503: "The service is starting.",
}


def deepl_router(service: Service) -> APIRouter:
    """The routes, over ``service``."""
    router = APIRouter(prefix="/v2", tags=["DeepL"])

    async def account_of(request: Request) -> Account:
        return deepl_account(service.accounts, request.headers, await read_parameters(request))

    @router.post(
        "/translate",
        summary="Translate texts",
        responses=responses(_TRANSLATE_PROBLEMS),
        openapi_extra=described(DeepLRequest),
    )
    async def translate(request: Request) -> DeepLResponse:
        """Translate texts as one batch.

        The parameters may be in a JSON object, in a form, or in the query string.
        """
        parameters = await read_parameters(request, repeated="text")
        account = deepl_account(service.accounts, request.headers, parameters)
        body = validated(DeepLRequest, parameters)
        texts = (body.text,) if isinstance(body.text, str) else tuple(body.text)
        job = make_job(body, texts, service.lifecycle.registry, service.settings)
        job = await with_glossary(service, account, job, body.glossary_id, "glossary_id")
        if body.tag_handling:
            job = await with_documents(job, reader_of(body), "text", service.metrics)
        return _respond(texts, job, await perform(request, service, account, job))

    @router.get("/usage", summary="Characters translated", responses=responses(_REFUSED))
    async def usage(request: Request) -> Usage:
        """How many characters have been translated with this key since the start, and how many may be."""
        account = await account_of(request)
        limit = NO_LIMIT if account.quota is None else account.quota
        return Usage(character_count=account.characters, character_limit=limit)

    @router.get(
        "/languages",
        summary="What can be translated",
        responses=responses(_LANGUAGES_PROBLEMS),
        response_model_exclude_none=True,
        openapi_extra={"parameters": [_TYPE]},
    )
    async def languages(request: Request) -> list[DeepLLanguage]:
        """The source languages, or with `type=target`, in the query or in a form, the target languages."""
        parameters = await read_parameters(request)
        deepl_account(service.accounts, request.headers, parameters)
        lists = language_lists(service.lifecycle.registry)
        kind = parameters.get("type") or "source"
        if not isinstance(kind, str) or kind not in lists:
            raise InvalidRequest("type: must be source or target", "type")
        return lists[kind]

    return router


def make_job(body: DeepLRequest, texts: tuple[str, ...], registry: Registry, settings: Settings) -> Job:
    """The job that ``body`` describes.

    Raises:
        InvalidRequest: a parameter that is not supported.
        UnsupportedLanguage: an unknown language.
        TextTooLarge: too many characters or texts.
    """
    check_size(texts, "text", settings)
    joins_lines = body.split_sentences == "nonewlines" and not body.tag_handling
    return Job(
        texts=plain(map(join_lines, texts) if joins_lines else texts),
        source=registry.language(body.source_lang, "source_lang") if body.source_lang else AUTO,
        target=registry.language(body.target_lang, "target_lang"),
        alternatives=0,
        priority=Priority.INTERACTIVE,
        deadline=time.monotonic() + settings.default_deadline_seconds,
        split_sentences=body.split_sentences != "0",
    )


def reader_of(body: DeepLRequest) -> Callable[[str], Document]:
    """What reads the markup of ``body``."""
    is_html = body.tag_handling == "html"
    ignored, splitting, non_splitting = (
        frozenset(map(str.lower, names) if is_html else names)
        for names in (body.ignore_tags, body.splitting_tags, body.non_splitting_tags)
    )
    rules = Rules(ignored, splitting, non_splitting, outline=body.outline_detection)
    if is_html:
        return lambda source: html_document(source, rules)
    return lambda source: xml_document(source, rules, collapse=body.split_sentences == "nonewlines")


def _respond(texts: tuple[str, ...], job: Job, answer: Answer) -> DeepLResponse:
    found = answer.detections
    sources = [job.source] * len(texts) if found is None else [one.language for one in found]
    lengths = [len(text) for text in texts]
    if job.documents:
        lengths = [sum(len(text.text) for text in document.texts) for document in job.documents]
    return DeepLResponse(
        translations=[
            DeepLTranslation(
                detected_source_language=source.upper(),
                text=translated.text,
                billed_characters=length,
            )
            for length, source, translated in zip(lengths, sources, answer.texts, strict=True)
        ]
    )
