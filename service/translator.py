"""The use case: texts → segments → token ids → engine → texts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from service.errors import Overloaded
from service.finishing import Finisher
from service.job import Job, Outcome, RunningJob
from service.metrics import Metrics
from service.offloading import offload
from service.pivot import begin_by_way
from service.plan import Plan, Planner
from service.registry import Registry, Served
from service.running_job import SubmittedJob, UnchangedJob
from service.settings import Settings
from service.submitting import Submitter


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
        async with self.begin(job) as running:
            return await running.outcome()

    @asynccontextmanager
    async def begin(self, job: Job) -> AsyncIterator[RunningJob]:
        """``job``, accepted and on its way; what is not done when the context is left leaves the engine.

        Raises:
            UnsupportedLanguage, Overloaded, NotReady, TextTooLarge: see ``translate``; nothing was begun.
        """
        if job.source == job.target:
            yield UnchangedJob(job)
            return
        if pivot := self._registry.pivot(job.source, job.target):
            async with begin_by_way(self.begin, job, pivot) as running:
                yield running
            return
        served = self._registry.find(job.source, job.target)
        self._check_room(served)
        plans = await offload(job.characters, lambda: self._plan(job, served))
        finisher = Finisher(served.tokenizer, served.truecaser, job.target)
        trials = await self._submitter(job, served, finisher).submit(plans)
        try:
            yield SubmittedJob(job, plans, trials, finisher, self._metrics)
        finally:
            for trial in trials:
                trial.cancel()

    def _submitter(self, job: Job, served: Served, finisher: Finisher) -> Submitter:
        return Submitter(job, served, finisher, self._metrics, second_tries=self._settings.second_tries)

    def _check_room(self, served: Served) -> None:
        """Refuse before any work is spent where the engine would refuse after it."""
        if served.engine.status().queue_segments >= self._settings.max_queue_segments:
            raise Overloaded("the queue is full")

    def _plan(self, job: Job, served: Served) -> list[Plan]:
        limit = self._settings.max_segment_tokens
        planner = Planner(
            served.tokenizer, served.truecaser, job.source, job.target, limit, job.split_sentences
        )
        with self._metrics.stage("segment"):
            texts = [planner.segment(text) for text in job.texts]
        with self._metrics.stage("tokenize"):
            return [
                planner.tokenize(masked, text.marks, pieces)
                for text, (masked, pieces) in zip(job.texts, texts, strict=True)
            ]
