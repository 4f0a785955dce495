"""What the engine's thread does: turn orders into work on the running batches, and work into outcomes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from model.decoding import Finished, Job
from service.engine.inbox import Admission, Inbox, Orders
from service.engine.observer import Observer, Stage
from service.engine.request import Priority, SegmentResult
from service.engine.runner import Failure, Runner
from service.engine.scheduler import Load, Waiting
from service.errors import DeadlineExceeded, ServiceError, TranslationFailed

logger = logging.getLogger(__name__)

Outcome = tuple[int, SegmentResult | ServiceError]
"""A segment's id and how it ended."""


class Worker:
    """The engine's loop: a turn evicts, promotes, admits, advances a batch, and delivers.

    Used on the engine's thread only. It keeps account of the rows in the running batches: ``_running`` holds
    what is known of each from the queue, ``_joined`` when it joined.

    Args:
        inbox: where orders come from.
        runner: the running batches.
        observer: told what happens.
        deliver: takes all outcomes of a turn at once; called on this thread.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        inbox: Inbox,
        runner: Runner,
        observer: Observer,
        deliver: Callable[[Sequence[Outcome]], None],
        clock: Callable[[], float],
    ) -> None:
        self._inbox = inbox
        self._runner = runner
        self._observer = observer
        self._deliver = deliver
        self._clock = clock
        self._running: dict[int, Waiting] = {}
        self._joined: dict[int, float] = {}

    def run(self) -> None:
        """Take turns until the inbox is closed."""
        while (orders := self._inbox.take(self._running)) is not None:
            self._evict(orders.cancelled_running, orders.expired_running)
            self._promote(orders.promoted)
            outcomes = [
                *self._expire(orders.expired_queued, Stage.QUEUED),
                *self._expire(orders.expired_running, Stage.DECODING),
                *self._join(orders.lane, orders.admitted),
                *self._step(orders),
            ]
            if outcomes:
                self._deliver(outcomes)

    def _evict(self, cancelled: Collection[int], expired: Collection[int]) -> None:
        if cancelled or expired:
            self._runner.remove([*cancelled, *expired])
        for entry_id in [*cancelled, *expired]:
            self._forget(entry_id)
        for _ in cancelled:
            self._observer.segment_cancelled(Stage.DECODING)

    def _promote(self, ids: Collection[int]) -> None:
        if ids:
            self._runner.promote(ids)
        for entry_id in ids:
            self._running[entry_id] = replace(self._running[entry_id], priority=Priority.INTERACTIVE)

    def _expire(self, ids: Collection[int], stage: Stage) -> list[Outcome]:
        for _ in ids:
            self._observer.segment_expired(stage)
        return [(entry_id, DeadlineExceeded(f"the deadline passed ({stage})")) for entry_id in ids]

    def _join(self, lane: Priority, admitted: Sequence[Admission]) -> list[Outcome]:
        if not admitted:
            return []
        begin = self._clock()
        jobs = [
            Job(
                item.entry.id,
                item.request.source,
                item.request.options,
                item.request.attention,
                item.request.terms,
            )
            for item in admitted
        ]
        failures = self._runner.join(lane, jobs)
        now = self._clock()
        failed = {failure.id for failure in failures}
        joined = [item.entry for item in admitted if item.entry.id not in failed]
        for entry in joined:
            self._running[entry.id] = entry
            self._joined[entry.id] = now
            self._observer.segment_started(entry.priority, now - entry.arrival)
        if joined:
            self._observer.batch_encoded(len(joined), _padding_ratio(joined), now - begin)
        return self._fail(failures)

    def _step(self, orders: Orders) -> list[Outcome]:
        lane = orders.lane
        rows = self._runner.rows(lane) if orders.rows is None else len(orders.rows)
        padding_ratio = self._runner.padding_ratio(lane)
        if not rows:
            return []
        begin = self._clock()
        advance = self._runner.step(lane, orders.steps, orders.rows)
        now = self._clock()
        self._observer.step_done(rows, padding_ratio, now - begin)
        outcomes = [self._finish(finished, now) for finished in advance.finished]
        return outcomes + self._fail(advance.failed)

    def _finish(self, finished: Finished, now: float) -> Outcome:
        entry, joined = self._forget(finished.id)
        result = SegmentResult(finished.translation, joined - entry.arrival, now - joined)
        target_tokens = len(finished.translation.best.tokens)
        self._observer.segment_finished(entry.source_tokens, target_tokens, result.decode_seconds)
        return finished.id, result

    def _fail(self, failures: Sequence[Failure]) -> list[Outcome]:
        """End segments that the network fails on, having made sure that it is them and not the network."""
        if failures:
            self._runner.probe()
        for failure in failures:
            self._running.pop(failure.id, None)
            self._joined.pop(failure.id, None)
            self._observer.segment_failed()
            logger.warning("the network fails on a segment", exc_info=failure.error)
        return [(failure.id, TranslationFailed("the network fails on this segment")) for failure in failures]

    def _forget(self, entry_id: int) -> tuple[Waiting, float]:
        return self._running.pop(entry_id), self._joined.pop(entry_id)


def _padding_ratio(rows: Sequence[Waiting]) -> float:
    """The share of ``rows * longest source`` that is padding."""
    padded = len(rows) * Load.of(rows).longest_source
    return 1.0 - sum(entry.source_tokens for entry in rows) / padded if padded else 0.0
