"""The engine as the rest of the service sees it: submit on the event loop, compute on one thread."""

from __future__ import annotations

import asyncio
import functools
import itertools
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Thread
from typing import Any

import torch

from service.engine.inbox import Inbox
from service.engine.limits import EngineLimits
from service.engine.observer import NullObserver, Observer, Stage
from service.engine.request import EngineStatus, Priority, SegmentRequest, SegmentResult
from service.engine.runner import BatchFactory, Runner
from service.engine.ticket import EngineTicket, fail
from service.engine.turns import Scheduler
from service.engine.worker import Outcome, Worker
from service.errors import NotReady, ServiceError, TextTooLarge

logger = logging.getLogger(__name__)

STOP_GRACE_SECONDS = 5.0
"""How long ``drain`` waits, past its timeout, for the step under way to end."""


class Engine:
    """Continuous micro-batching over one network; implements ``SharableEngine``.

    The event loop's thread calls every method and owns every future. The engine's own thread, a daemon, runs
    a ``Worker`` and owns every tensor. They meet in ``Inbox`` and in ``call_soon_threadsafe``. A segment is
    in ``_open`` from submission until its one end: result, error or cancellation. If the thread dies, all
    that is open fails at once, and so does every later ``submit``.

    Args:
        new_batch: makes an empty running batch over the network; called on the engine's thread.
        sample: source ids of a short segment that the network translates; for warming up, and for asking
            after a failure whether the network still works.
        limits: the bounds.
        observer: told what happens.
        torch_threads: threads that PyTorch computes with on the engine's thread; None leaves its default.
        clock: monotonic seconds, the clock of ``SegmentRequest.deadline``.
        scheduler: decides what runs when; default: the one that ``limits`` ask for.
    """

    def __init__(
        self,
        new_batch: BatchFactory,
        sample: Sequence[int],
        limits: EngineLimits,
        observer: Observer | None = None,
        torch_threads: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        scheduler: Scheduler | None = None,
    ) -> None:
        self._limits = limits
        self._observer = observer or NullObserver()
        self._inbox = Inbox(limits, clock, scheduler)
        self._new_batch = new_batch
        self._sample = tuple(sample)
        self._torch_threads = torch_threads
        self._clock = clock
        self._ids = itertools.count()
        self._open: dict[int, asyncio.Future[SegmentResult]] = {}
        self._none_open = asyncio.Event()
        self._none_open.set()
        self._warm: asyncio.Future[None] | None = None  # None: not started
        self._thread_ended = asyncio.Event()
        self._failure: BaseException | None = None
        self._draining = False

    async def recall(self, requests: Sequence[SegmentRequest]) -> None:
        """Nothing: an engine knows only what it translates itself."""

    def submit(self, requests: list[SegmentRequest]) -> list[EngineTicket]:
        """Queue all of ``requests`` or none; one ticket each, in order.

        Raises:
            Overloaded: the queue has no room for all of them.
            TextTooLarge: not even an empty queue would have.
            NotReady: starting, draining, or the engine's thread has died.
        """
        self._check_ready()
        self._check_size(requests)
        offered = {next(self._ids): request for request in requests}
        self._inbox.offer(offered)
        return [self._open_ticket(entry_id) for entry_id in offered]

    def status(self) -> EngineStatus:
        """A snapshot; cheap, never blocks.

        ``beat_age_seconds`` is 0 before the first work and whenever there is none.
        """
        now = self._inbox.snapshot()
        return EngineStatus(
            ready=self._unready_reason() is None,
            draining=self._draining,
            beat_age_seconds=now.beat_age_seconds,
            queue_segments=now.queued.segments,
            queue_tokens=now.queued.tokens,
            queue_oldest_seconds=now.oldest_seconds,
            running_segments=now.running_segments,
        )

    async def start(self) -> None:
        """Start the thread and warm up; returns once ready.

        Raises:
            NotReady: the network failed while warming up; its exception is the cause.
        """
        if self._warm is not None:
            raise RuntimeError("an engine starts once")
        loop = asyncio.get_running_loop()
        self._warm = loop.create_future()
        post = functools.partial(_post, loop)
        Thread(target=self._thread_main, args=(post, self._warm), name="engine", daemon=True).start()
        await asyncio.shield(self._warm)

    async def drain(self, timeout_seconds: float) -> bool:
        """Admit nothing more, finish what was admitted; whether all of it was done in time.

        Afterwards the thread has ended, and what was not done has failed with ``NotReady``.
        """
        self._draining = True
        if self._warm is None:
            return True
        done = await _happens(self._none_open, timeout_seconds)
        self._inbox.close()
        self._fail_open("the service stopped before this was translated")
        await _happens(self._thread_ended, STOP_GRACE_SECONDS)
        return done and self._failure is None

    def _unready_reason(self) -> str | None:
        if self._draining:
            return "the service is draining: it finishes what it has and takes nothing more"
        if self._thread_ended.is_set():
            return "the engine has died; the service must be restarted"
        if self._warm is None or not self._warm.done():
            return "the service is starting"
        return None

    def _check_ready(self) -> None:
        if (reason := self._unready_reason()) is not None:
            raise NotReady(reason)

    def _check_size(self, requests: Sequence[SegmentRequest]) -> None:
        limits = self._limits
        tokens = sum(len(request.source) for request in requests)
        if len(requests) > limits.max_queue_segments or tokens > limits.max_queue_tokens:
            raise TextTooLarge(
                f"{len(requests)} segments of {tokens} tokens at once; accepted are at most "
                f"{limits.max_queue_segments} segments and {limits.max_queue_tokens} tokens"
            )

    def _open_ticket(self, entry_id: int) -> EngineTicket:
        future: asyncio.Future[SegmentResult] = asyncio.get_running_loop().create_future()
        self._open[entry_id] = future
        self._none_open.clear()
        return EngineTicket(
            future, functools.partial(self._cancel, entry_id), functools.partial(self._share, entry_id)
        )

    def _close_ticket(self, entry_id: int) -> asyncio.Future[SegmentResult] | None:
        future = self._open.pop(entry_id, None)
        if not self._open:
            self._none_open.set()
        return future

    def _cancel(self, entry_id: int) -> None:
        future = self._close_ticket(entry_id)
        if future is None:
            return
        future.cancel()
        if self._inbox.withdraw(entry_id):
            self._observer.segment_cancelled(Stage.QUEUED)

    def _share(self, entry_id: int, priority: Priority, deadline: float | None) -> None:
        if entry_id in self._open:
            self._inbox.share(entry_id, priority, deadline)

    def _deliver(self, outcomes: Sequence[Outcome]) -> None:
        for entry_id, outcome in outcomes:
            future = self._close_ticket(entry_id)
            if future is None:
                continue  # cancelled while the outcome was on its way
            if isinstance(outcome, ServiceError):
                fail(future, outcome)
            else:
                future.set_result(outcome)

    def _fail_open(self, reason: str) -> None:
        self._deliver([(entry_id, NotReady(reason)) for entry_id in self._open])

    def _thread_main(self, post: Callable[..., None], warm: asyncio.Future[None]) -> None:
        """The thread: compute until told to end, then say so, whatever ended it."""
        failure: BaseException | None = None
        try:
            self._compute(post, warm)
        except BaseException as error:  # those who wait must be told of every kind
            logger.critical("the engine has died", exc_info=True)
            failure = error
        post(self._on_thread_ended, failure, warm)

    @torch.inference_mode()
    def _compute(self, post: Callable[..., None], warm: asyncio.Future[None]) -> None:
        if self._torch_threads is not None:
            torch.set_num_threads(self._torch_threads)
        runner = Runner(self._new_batch, self._sample, self._limits)
        runner.warm_up()
        post(_succeed, warm)
        deliver = functools.partial(post, self._deliver)
        Worker(self._inbox, runner, self._observer, deliver, self._clock).run()

    def _on_thread_ended(self, failure: BaseException | None, warm: asyncio.Future[None]) -> None:
        self._failure = failure
        self._thread_ended.set()
        self._inbox.close()
        self._fail_open("the engine has died")
        if not warm.done():
            error = NotReady("the network failed while warming up")
            error.__cause__ = failure
            warm.set_exception(error)


def _post(loop: asyncio.AbstractEventLoop, callback: Callable[..., None], *arguments: Any) -> None:
    """Have the event loop call ``callback``; from the engine's thread."""
    with suppress(RuntimeError):  # the loop is closed: nobody is left to be told
        loop.call_soon_threadsafe(callback, *arguments)


def _succeed(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def _happens(event: asyncio.Event, timeout_seconds: float) -> bool:
    """Whether ``event`` is set within the time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout_seconds):
            await event.wait()
    return event.is_set()
