"""The texts of a file through the engine, a little at a time, so that others are not kept waiting."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from service.engine.request import Priority
from service.errors import DeadlineExceeded, Overloaded
from service.job import Job, Outcome
from service.text.annotated import AnnotatedText, AnnotatedTranslation

BATCH_CHARACTERS = 4000
BATCH_TEXTS = 64
BATCHES_AT_ONCE = 3
"""Of one file: the next is there when one is done, so that the engine has work, but never all of a file."""
PATIENCE_SECONDS = 0.5
"""Until a batch that the engine had no room for is offered again."""


class TranslatesJobs(Protocol):
    """``service.translator.Translator``, or what stands in for it."""

    async def translate(self, job: Job) -> Outcome:
        """See ``Translator.translate``."""
        ...


@dataclass(frozen=True, slots=True)
class Direction:
    """From where to where, and until when.

    Attributes:
        source: a served language.
        target: a served language.
        deadline: ``time.monotonic()`` seconds.
        scope: who may share the work; see ``SegmentRequest``.
    """

    source: str
    target: str
    deadline: float
    scope: str = ""


async def translate_texts(
    translator: TranslatesJobs,
    texts: Sequence[AnnotatedText],
    direction: Direction,
    advanced: Callable[[int], None],
) -> list[AnnotatedTranslation]:
    """The translations of ``texts``, as bulk work that waits while the engine's queue is full.

    Args:
        translator: of the service.
        texts: in any number.
        direction: what to do until when.
        advanced: told the characters of each batch that is done.

    Raises:
        DeadlineExceeded: the deadline passed.
        ServiceError: see ``Translator.translate``; nothing of the file is left in the engine.
    """
    permits = asyncio.Semaphore(BATCHES_AT_ONCE)

    async def translate(batch: Sequence[AnnotatedText]) -> list[AnnotatedTranslation]:
        async with permits:
            outcome = await _patiently(translator, _job(batch, direction))
            advanced(sum(len(text.text) for text in batch))
            return [text.best for text in outcome.texts]

    tasks = [asyncio.ensure_future(translate(batch)) for batch in batches(texts)]
    try:
        return [one for translated in await asyncio.gather(*tasks) for one in translated]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def batches(texts: Sequence[AnnotatedText]) -> Iterator[Sequence[AnnotatedText]]:
    """``texts`` in runs of at most ``BATCH_TEXTS`` and, but for a single long one, ``BATCH_CHARACTERS``."""
    start = characters = 0
    for index, text in enumerate(texts):
        is_full = characters + len(text.text) > BATCH_CHARACTERS or index - start == BATCH_TEXTS
        if is_full and index > start:
            yield texts[start:index]
            start, characters = index, 0
        characters += len(text.text)
    if start < len(texts):
        yield texts[start:]


def _job(texts: Sequence[AnnotatedText], direction: Direction) -> Job:
    return Job(
        texts=tuple(texts),
        source=direction.source,
        target=direction.target,
        alternatives=0,
        priority=Priority.BULK,
        deadline=direction.deadline,
        scope=direction.scope,
    )


async def _patiently(translator: TranslatesJobs, job: Job) -> Outcome:
    while True:
        try:
            return await translator.translate(job)
        except Overloaded:
            if time.monotonic() + PATIENCE_SECONDS > job.deadline:
                raise DeadlineExceeded("the deadline passed while the engine had no room") from None
            await asyncio.sleep(PATIENCE_SECONDS)
