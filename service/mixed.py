"""Texts of several languages at once: a job for each language, all of them together in the engine."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from service.restoring import TranslatedText
from service.translator import Job, Outcome, Translator


async def translate_mixed(translator: Translator, job: Job, sources: Sequence[str]) -> Outcome:
    """Translate ``job``, whose i-th text is in the language ``sources[i]``; all of it, or it fails.

    When cancelled, or when the texts of one language fail, the others' segments leave the engine too.

    Raises:
        ServiceError: see ``Translator.translate``.
    """
    places = defaultdict[str, list[int]](list)
    for place, source in enumerate(sources):
        places[source].append(place)
    jobs = [
        replace(job, texts=tuple(job.texts[place] for place in group), source=source)
        for source, group in places.items()
    ]
    outcomes = await _all(translator, jobs)
    texts: dict[int, TranslatedText] = {}
    for group, outcome in zip(places.values(), outcomes, strict=True):
        texts.update(zip(group, outcome.texts, strict=True))
    return Outcome(
        tuple(texts[place] for place in range(len(job.texts))),
        segments=sum(outcome.segments for outcome in outcomes),
        queue_seconds=max((outcome.queue_seconds for outcome in outcomes), default=0.0),
        decode_seconds=max((outcome.decode_seconds for outcome in outcomes), default=0.0),
    )


async def _all(translator: Translator, jobs: Sequence[Job]) -> list[Outcome]:
    tasks = [asyncio.ensure_future(translator.translate(job)) for job in jobs]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
