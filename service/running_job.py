"""A job whose segments are in the engine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice

from service.errors import DeadlineExceeded
from service.finishing import Finisher
from service.job import Job, Outcome, Passage
from service.metrics import Metrics
from service.offloading import offload
from service.plan import Plan
from service.restoring import TranslatedText, restore
from service.text.annotated import unchanged
from service.trial import Decoded, Trial

DEADLINE_GRACE_SECONDS = 1.0
"""The engine ends what is past its deadline; this much later nobody waits for it any more."""
JUDGED_AT_ONCE = 8
"""After so many segments others have their turn: judging one takes a tenth of a millisecond."""


class SubmittedJob:
    """A ``RunningJob``; whoever submitted the segments sees to it that they leave the engine.

    Args:
        job: what was asked for.
        plans: of its texts.
        trials: the segments of all plans, in order.
        finisher: of the direction.
        metrics: told what happens.
    """

    def __init__(
        self,
        job: Job,
        plans: Sequence[Plan],
        trials: Sequence[Trial],
        finisher: Finisher,
        metrics: Metrics,
    ) -> None:
        self._job = job
        self._plans = plans
        self._trials = trials
        self._finisher = finisher
        self._metrics = metrics

    @property
    def lengths(self) -> tuple[int, ...]:
        """See ``RunningJob``."""
        return tuple(max(1, len(plan.segments)) for plan in self._plans)

    async def passages(self) -> AsyncIterator[Passage]:
        """See ``RunningJob``."""
        waiting = iter(self._trials)
        for item, plan in enumerate(self._plans):
            for part in plan.split():
                trials = islice(waiting, len(part.segments))
                async with _until(self._job.deadline):
                    decoded = [await trial.result() for trial in trials]
                await asyncio.sleep(0)
                yield Passage(item, restore(part, decoded, self._finisher, alternatives=0))

    async def outcome(self) -> Outcome:
        """See ``RunningJob``."""
        async with _until(self._job.deadline):
            for count, trial in enumerate(self._trials, 1):  # no task for each: there are thousands
                await trial.advance()
                if count % JUDGED_AT_ONCE == 0:
                    await asyncio.sleep(0)
            decoded = [await trial.result() for trial in self._trials]
        texts = await offload(self._job.characters, lambda: self._restore(decoded))
        self._metrics.texts_translated(self._job.characters, [text.score for text in texts if text.segments])
        return Outcome(
            texts,
            segments=len(decoded),
            queue_seconds=max((one.result.queue_seconds for one in decoded), default=0.0),
            decode_seconds=max((one.result.decode_seconds for one in decoded), default=0.0),
        )

    def _restore(self, decoded: Sequence[Decoded]) -> tuple[TranslatedText, ...]:
        waiting = iter(decoded)
        alternatives = self._job.alternatives
        with self._metrics.stage("detokenize"):
            return tuple(
                restore(
                    plan,
                    list(islice(waiting, len(plan.segments))),
                    self._finisher,
                    alternatives,
                    details=self._job.details,
                )
                for plan in self._plans
            )


class UnchangedJob:
    """A ``RunningJob`` whose texts are in the target language already.

    Args:
        job: what was asked for.
    """

    def __init__(self, job: Job) -> None:
        self._texts = tuple(TranslatedText(unchanged(text)) for text in job.texts)

    @property
    def lengths(self) -> tuple[int, ...]:
        """See ``RunningJob``."""
        return (1,) * len(self._texts)

    async def passages(self) -> AsyncIterator[Passage]:
        """See ``RunningJob``."""
        for item, text in enumerate(self._texts):
            yield Passage(item, text)

    async def outcome(self) -> Outcome:
        """See ``RunningJob``."""
        return Outcome(self._texts)


@asynccontextmanager
async def _until(deadline: float) -> AsyncIterator[None]:
    try:
        # The loop's clock need not be the monotonic one.
        async with asyncio.timeout(deadline - time.monotonic() + DEADLINE_GRACE_SECONDS):
            yield
    except TimeoutError as error:
        raise DeadlineExceeded("the deadline passed before the translation was done") from error
