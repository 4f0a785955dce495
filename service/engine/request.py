"""What goes into the engine and what comes out: plain values, no tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from model.config import DecodingOptions
from model.decoding.hypothesis import Translation
from model.decoding.job import Term


class Priority(IntEnum):
    """Lower goes first."""

    INTERACTIVE = 0
    BULK = 1


@dataclass(frozen=True, slots=True)
class SegmentRequest:
    """One segment to translate.

    Attributes:
        source: token ids as the tokenizer's ``source_ids`` gives them: tag, pieces, EOS.
        options: how to decode it.
        priority: who goes first when there is a queue.
        deadline: ``time.monotonic()`` seconds after which nobody wants the result, or None.
        attention: whether hypotheses come with what they read at each step.
        terms: what the translation must hold.
        scope: who may share the work and its result: all who ask with an equal scope.
        follows: it goes on with work that has been accepted, such as a second try: the queue has room for it.
    """

    source: tuple[int, ...]
    options: DecodingOptions
    priority: Priority = Priority.INTERACTIVE
    deadline: float | None = None
    attention: bool = False
    terms: tuple[Term, ...] = ()
    scope: str = ""
    follows: bool = False


@dataclass(frozen=True, slots=True)
class SegmentResult:
    """A finished segment.

    Attributes:
        translation: hypotheses, best first.
        queue_seconds: from submission until it joined the running batch.
        decode_seconds: from joining until it was finished.
    """

    translation: Translation
    queue_seconds: float
    decode_seconds: float


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """A snapshot for health checks and gauges.

    Attributes:
        ready: warmed up, not draining, thread alive.
        draining: no new work is admitted.
        beat_age_seconds: since the engine's loop last turned; large means stuck.
        queue_segments: waiting segments.
        queue_tokens: their source tokens.
        queue_oldest_seconds: how long the oldest has waited, 0 for an empty queue.
        running_segments: rows of the running batch.
    """

    ready: bool
    draining: bool
    beat_age_seconds: float
    queue_segments: int
    queue_tokens: int
    queue_oldest_seconds: float
    running_segments: int


class Ticket(Protocol):
    """A submitted segment, awaited on the event loop."""

    async def result(self) -> SegmentResult:
        """The finished segment.

        Raises:
            DeadlineExceeded, NotReady, TranslationFailed: as ``service.errors`` says.
        """
        ...

    def cancel(self) -> None:
        """Nobody waits any more: leave the queue now, or the running batch at its next step. Idempotent."""
        ...


class SharableTicket(Ticket, Protocol):
    """A ticket that one holder keeps for several who wait."""

    def share(self, priority: Priority, deadline: float | None) -> None:
        """Wait from now on for somebody else, too.

        In the queue the segment gets the place that it would have if it came now with ``priority``, if that
        is the earlier one. ``deadline`` replaces its deadline, in the queue and in the running batch. Without
        effect on what has ended, which includes what expired a moment ago.
        """
        ...

    def on_end(self, callback: Callable[[SegmentResult | BaseException], None]) -> None:
        """Have the event loop call ``callback`` with the result or the error; not if the ticket is cancelled.

        It is never called before this method has returned.
        """
        ...


class EngineLike(Protocol):
    """The engine as the rest of the service sees it; called on the event loop's thread only."""

    async def recall(self, requests: Sequence[SegmentRequest]) -> None:
        """Have ``submit`` know what has been translated elsewhere; worth a call before it, but no duty.

        Waits for a moment at most, and never fails.
        """
        ...

    def submit(self, requests: list[SegmentRequest]) -> Sequence[Ticket]:
        """Queue all of ``requests`` or none; one ticket each, in order.

        Raises:
            Overloaded: the queue has no room for all of them.
            NotReady: starting, draining, or the engine's thread has died.
        """
        ...

    def status(self) -> EngineStatus:
        """A snapshot; cheap, never blocks."""
        ...

    async def start(self) -> None:
        """Start the thread and warm up; returns once ready."""
        ...

    async def drain(self, timeout_seconds: float) -> bool:
        """Admit nothing more, finish what was admitted; whether all of it was done in time."""
        ...


class SharableEngine(EngineLike, Protocol):
    """An engine whose tickets can be shared."""

    def submit(self, requests: list[SegmentRequest]) -> Sequence[SharableTicket]:
        """Queue all of ``requests`` or none; see ``EngineLike.submit``."""
        ...
