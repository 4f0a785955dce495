"""What the translation routes of both APIs do once a request has been understood."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import islice

from fastapi import Request

from service.accounts import Account
from service.api.context import RequestRecord, Service, record_of
from service.api.disconnect import unless_disconnected
from service.errors import TextTooLarge
from service.job import Job, RunningJob
from service.markup.job import MarkupJob
from service.mixed import begin_mixed
from service.registry import Registry
from service.restoring import TranslatedText
from service.settings import Settings
from service.text.detection import Detection, Detector, fallback_language
from service.translator import Translator

AUTO = "auto"


Begun = tuple[tuple[Detection, ...] | None, RunningJob]
"""The language of each text or document, if it had to be found out, and the job."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a job.

    Attributes:
        texts: the translations.
        detections: the language of each text, if it had to be found out.
    """

    texts: tuple[TranslatedText, ...]
    detections: tuple[Detection, ...] | None


async def perform(request: Request, service: Service, account: Account, job: Job) -> Answer:
    """Translate ``job``, whose source may be ``AUTO``, unless the client goes away.

    The request's record is told.

    Raises:
        QuotaExceeded: the account has not so many characters left; what fails otherwise costs none.
        ClientDisconnected: nobody is left to be answered.
        ServiceError: see ``Translator.translate``.
    """
    record = record_of(request.scope)
    with account.charge(job.characters):
        return await unless_disconnected(request.receive, _translate(service, record, account, job))


async def _translate(service: Service, record: RequestRecord, account: Account, job: Job) -> Answer:
    async with begin(service, record, account, job) as (detections, running):
        return Answer(await finish(record, running), detections)


@asynccontextmanager
async def begin(service: Service, record: RequestRecord, account: Account, job: Job) -> AsyncIterator[Begun]:
    """``job``, whose source may be ``AUTO``, accepted and on its way; see ``Translator.begin``.

    Where its texts are parts of documents, the languages and the translations are the documents'. ``record``
    is told how much there is to do. Work is shared with other accounts only where that is set.
    """
    record.characters = job.characters
    if account.name and not service.settings.cache_between_keys:
        job = replace(job, scope=account.name)
    if not job.documents:
        async with _begin(service, job, [1] * len(job.texts)) as begun:
            yield begun
        return
    sizes = [len(document.texts) for document in job.documents]
    async with _begin(service, replace(job, documents=()), sizes) as (detections, running):
        yield detections, MarkupJob(job.documents, running, service.metrics)


@asynccontextmanager
async def _begin(service: Service, job: Job, sizes: Sequence[int]) -> AsyncIterator[Begun]:
    """``job``, whose first ``sizes[0]`` texts are in one language, then the next ``sizes[1]``, and so on."""
    registry = service.lifecycle.registry
    translator = Translator(registry, service.settings, service.metrics)
    if job.source != AUTO:
        async with translator.begin(job) as running:
            yield None, running
        return
    with service.metrics.stage("detect"):
        waiting = iter(job.texts)
        texts = ["\n".join(text.text for text in islice(waiting, size)) for size in sizes]
        detections = await detect(service.detector, texts, registry, job.target)
    sources = [one.language for one, size in zip(detections, sizes, strict=True) for _ in range(size)]
    async with begin_mixed(translator, job, sources) as running:
        yield detections, running


async def finish(record: RequestRecord, running: RunningJob) -> tuple[TranslatedText, ...]:
    """The translations, once they are done; ``record`` is told what it took."""
    outcome = await running.outcome()
    record.segments = outcome.segments
    record.queue_seconds = outcome.queue_seconds
    record.decode_seconds = outcome.decode_seconds
    return outcome.texts


async def detect(
    detector: Detector, texts: Sequence[str], registry: Registry, target: str | None = None
) -> tuple[Detection, ...]:
    """The language of each text, one of those that can be translated from.

    A text without any letter is taken for English where that is served, else for the first language; if
    that cannot be translated into ``target``, it is taken for ``target`` itself, so that it stays as it is.
    """
    found = await asyncio.to_thread(lambda: [detector.detect(text, registry.sources) for text in texts])
    guess = fallback_language(registry.sources)
    if target is not None and not registry.serves(guess, target):
        guess = target
    return tuple(one or Detection(guess, 0.0) for one in found)


def check_size(texts: Sequence[str], field: str, settings: Settings) -> None:
    """Do nothing if a request may hold so much text.

    Raises:
        TextTooLarge: it may not; names ``field``.
    """
    if len(texts) > settings.max_request_items:
        raise TextTooLarge(
            f"{field}: {len(texts)} texts; at most {settings.max_request_items} are accepted", field
        )
    characters = sum(map(len, texts))
    if characters > settings.max_request_characters:
        raise TextTooLarge(
            f"{field}: {characters} characters; at most {settings.max_request_characters} are accepted", field
        )
