"""The use case: texts → segments → token ids → engine → texts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from model.config import DecodingOptions
from service.engine.request import Priority, SegmentRequest, SegmentResult, Ticket
from service.errors import DeadlineExceeded, Overloaded
from service.metrics import Metrics
from service.plan import Plan, Planner
from service.registry import Registry, Served
from service.restoring import TranslatedText, restore
from service.settings import Settings

Result = TypeVar("Result")

INLINE_CHARACTERS = 2000
"""Up to so many characters are prepared on the event loop, which takes less than a few milliseconds; a thread
is used beyond."""
DEADLINE_GRACE_SECONDS = 1.0
"""The engine ends what is past its deadline; this much later nobody waits for it any more."""


@dataclass(frozen=True, slots=True)
class Job:
    """One request to translate, checked: see ``service.api``.

    Attributes:
        texts: what to translate.
        source: a served language.
        target: a served language.
        alternatives: further translations wanted of each text.
        priority: who goes first when there is a queue.
        deadline: ``time.monotonic()`` seconds after which nobody wants the result.
        split_sentences: False to translate each line as one sentence.
        scope: who may share the work; see ``SegmentRequest``.
    """

    texts: tuple[str, ...]
    source: str
    target: str
    alternatives: int
    priority: Priority
    deadline: float
    split_sentences: bool = True
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job.

    Attributes:
        texts: the translations, in the order of the job's texts.
        segments: how many segments were translated.
        queue_seconds: the longest that one of them waited.
        decode_seconds: the longest that one of them was decoded.
    """

    texts: tuple[TranslatedText, ...]
    segments: int = 0
    queue_seconds: float = 0.0
    decode_seconds: float = 0.0


class Translator:
    """Translates jobs; used on the event loop's thread, by any number of tasks.

    Args:
        registry: what is served.
        settings: limits.
        metrics: told what happens.
    """

    def __init__(self, registry: Registry, settings: Settings, metrics: Metrics) -> None:
        self._registry = registry
        self._settings = settings
        self._metrics = metrics

    async def translate(self, job: Job) -> Outcome:
        """Translate all texts of ``job``. When cancelled, its segments leave the engine.

        Raises:
            UnsupportedLanguage: there is no such direction.
            Overloaded, NotReady: nothing was begun.
            TextTooLarge: more than the whole queue holds.
            DeadlineExceeded: the deadline passed.
            TranslationFailed: a segment makes the network fail.
        """
        if job.source == job.target:
            return Outcome(tuple(TranslatedText(text, 1.0, (), 0) for text in job.texts))
        served = self._registry.find(job.source, job.target)
        self._check_room(served)
        characters = sum(map(len, job.texts))
        plans = await _offload(characters, lambda: self._plan(job, served))
        results = await self._decode(job, served, plans)
        texts = await _offload(characters, lambda: self._restore(job, served, plans, results))
        self._metrics.texts_translated(characters, [text.score for text in texts if text.segments])
        return Outcome(
            texts,
            segments=len(results),
            queue_seconds=max((result.queue_seconds for result in results), default=0.0),
            decode_seconds=max((result.decode_seconds for result in results), default=0.0),
        )

    def _check_room(self, served: Served) -> None:
        """Refuse before any work is spent where the engine would refuse after it."""
        if served.engine.status().queue_segments >= self._settings.max_queue_segments:
            raise Overloaded("the queue is full")

    def _plan(self, job: Job, served: Served) -> list[Plan]:
        limit = self._settings.max_segment_tokens
        planner = Planner(served.tokenizer, job.source, job.target, limit, job.split_sentences)
        with self._metrics.stage("segment"):
            texts = [planner.segment(text) for text in job.texts]
        with self._metrics.stage("tokenize"):
            return [planner.tokenize(pieces) for pieces in texts]

    async def _decode(self, job: Job, served: Served, plans: Sequence[Plan]) -> list[SegmentResult]:
        options = _options(served.decoding, job.alternatives)
        requests = [
            SegmentRequest(source, options, job.priority, job.deadline, job.scope)
            for plan in plans
            for source in plan.segments
        ]
        if not requests:
            return []
        await served.engine.recall(requests)
        return await _collect(served.engine.submit(requests), job.deadline)

    def _restore(
        self, job: Job, served: Served, plans: Sequence[Plan], results: Sequence[SegmentResult]
    ) -> tuple[TranslatedText, ...]:
        waiting = (result.translation for result in results)
        with self._metrics.stage("detokenize"):
            return tuple(
                restore(plan, list(islice(waiting, len(plan.segments))), served.tokenizer, job.alternatives)
                for plan in plans
            )


def _options(decoding: DecodingOptions, alternatives: int) -> DecodingOptions:
    """``decoding`` for so many further translations; they widen the beam where it is too narrow for them."""
    update = {
        "beam_size": max(decoding.beam_size, alternatives + 1),
        "n_best": alternatives + 1,
        "min_length": max(1, decoding.min_length),  # a segment is never translated into nothing
    }
    return DecodingOptions.model_validate({**decoding.model_dump(), **update})


async def _offload(characters: int, work: Callable[[], Result]) -> Result:
    """Do ``work`` here, or on a thread if it would hold up the event loop."""
    return work() if characters <= INLINE_CHARACTERS else await asyncio.to_thread(work)


async def _collect(tickets: Sequence[Ticket], deadline: float) -> list[SegmentResult]:
    """All results, or the failure of the first ticket that fails; no ticket is left behind."""
    try:
        # The loop's clock need not be the monotonic one.
        async with asyncio.timeout(deadline - time.monotonic() + DEADLINE_GRACE_SECONDS):
            return [await ticket.result() for ticket in tickets]  # no task for each: there are thousands
    except TimeoutError as error:
        raise DeadlineExceeded("the deadline passed before the translation was done") from error
    finally:
        for ticket in tickets:
            ticket.cancel()
