"""Texts of several languages at once: a job for each language, all of them together in the engine."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from service.job import Job, Outcome, Passage, RunningJob
from service.restoring import TranslatedText
from service.translator import Translator

Group = tuple[Sequence[int], RunningJob]
"""Which of the texts a job has, in order, and the job."""


@asynccontextmanager
async def begin_mixed(translator: Translator, job: Job, sources: Sequence[str]) -> AsyncIterator[RunningJob]:
    """``job``, whose i-th text is in the language ``sources[i]``, accepted and on its way: all or nothing.

    What is not done when the context is left leaves the engine.

    Raises:
        ServiceError: see ``Translator.begin``.
    """
    places = defaultdict[str, list[int]](list)
    for place, source in enumerate(sources):
        places[source].append(place)
    async with AsyncExitStack() as stack:
        groups: list[Group] = []
        for source, group in places.items():
            one = replace(job, texts=tuple(job.texts[place] for place in group), source=source)
            groups.append((group, await stack.enter_async_context(translator.begin(one))))
        yield MixedJob(groups)


class MixedJob:
    """A ``RunningJob`` made of others.

    Args:
        groups: the others; each text is in one of them.
    """

    def __init__(self, groups: Sequence[Group]) -> None:
        self._groups = groups

    @property
    def lengths(self) -> tuple[int, ...]:
        """See ``RunningJob``."""
        lengths = {
            place: length
            for places, running in self._groups
            for place, length in zip(places, running.lengths, strict=True)
        }
        return tuple(lengths[place] for place in range(len(lengths)))

    async def passages(self) -> AsyncIterator[Passage]:
        """See ``RunningJob``."""
        waiting: dict[int, AsyncIterator[Passage]] = {}
        for places, running in self._groups:
            waiting |= dict.fromkeys(places, running.passages())
        for place, length in enumerate(self.lengths):
            for _ in range(length):
                yield replace(await anext(waiting[place]), item=place)

    async def outcome(self) -> Outcome:
        """See ``RunningJob``; where one of the jobs fails, the others are not waited for."""
        outcomes = await self._outcomes()
        texts: dict[int, TranslatedText] = {}
        for (places, _), outcome in zip(self._groups, outcomes, strict=True):
            texts.update(zip(places, outcome.texts, strict=True))
        return Outcome(
            tuple(texts[place] for place in range(len(texts))),
            segments=sum(outcome.segments for outcome in outcomes),
            queue_seconds=max((outcome.queue_seconds for outcome in outcomes), default=0.0),
            decode_seconds=max((outcome.decode_seconds for outcome in outcomes), default=0.0),
        )

    async def _outcomes(self) -> list[Outcome]:
        tasks = [asyncio.ensure_future(running.outcome()) for _, running in self._groups]
        try:
            return await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
