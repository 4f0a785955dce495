"""What the engine tells whoever measures it: plain numbers, never text, no metrics library."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from service.engine.request import Priority


class Stage(StrEnum):
    """Where a segment was when it ended early."""

    QUEUED = "queued"
    DECODING = "decoding"


class CacheResult(StrEnum):
    """What became of a segment that was asked for: remembered, new, joined, or sent past the cache."""

    HIT = "hit"
    MISS = "miss"
    COALESCED = "coalesced"
    BYPASS = "bypass"


class Observer(Protocol):
    """Told of what happens in the engine, as it happens.

    Every method is called on the engine's thread, except ``segment_cancelled(Stage.QUEUED)`` and
    ``cache_asked``, which are called on the event loop's. Calls may therefore overlap: an implementation is
    thread-safe. It returns at once and never raises; an exception out of it is an error of the engine's loop
    and ends the engine.

    Each admitted segment is reported by exactly one of ``segment_finished``, ``segment_failed``,
    ``segment_expired`` and ``segment_cancelled``, unless the engine itself ended. Rejected segments are not
    reported: ``submit`` raises in the caller's face, and the caller counts.
    """

    def batch_encoded(self, rows: int, padding_ratio: float, seconds: float) -> None:
        """``rows`` newcomers were encoded as one batch and joined the running batch.

        Args:
            rows: segments in the batch, at least 1.
            padding_ratio: the share of ``rows * longest source`` that is padding, in ``[0, 1)``.
            seconds: for encoding and joining.
        """
        ...

    def step_done(self, rows: int, padding_ratio: float, seconds: float) -> None:
        """The running batch took its turn: one or several steps of a target position each.

        Args:
            rows: segments that took part, at least 1.
            padding_ratio: the share of ``rows * longest source`` that is padding, in ``[0, 1)``.
            seconds: for the turn, search included.
        """
        ...

    def segment_started(self, priority: Priority, queue_seconds: float) -> None:
        """A segment left the queue for the running batch, ``queue_seconds`` after its submission."""
        ...

    def segment_finished(self, source_tokens: int, target_tokens: int, decode_seconds: float) -> None:
        """A segment has its translation.

        Args:
            source_tokens: tag and EOS included.
            target_tokens: of the best hypothesis, without EOS.
            decode_seconds: from joining the running batch until finished.
        """
        ...

    def segment_failed(self) -> None:
        """A segment made the network fail and was taken out; its neighbours go on."""
        ...

    def segment_expired(self, stage: Stage) -> None:
        """A segment's deadline passed in the queue or in the running batch."""
        ...

    def segment_cancelled(self, stage: Stage) -> None:
        """Nobody waited for a segment any more, and it has left the queue or the running batch."""
        ...

    def cache_asked(self, result: CacheResult, segments: int) -> None:
        """So many segments, at least 1, were accepted; of these ``MISS`` and ``BYPASS`` enter the engine."""
        ...


class NullObserver:
    """An ``Observer`` that does not look."""

    def batch_encoded(self, rows: int, padding_ratio: float, seconds: float) -> None:
        """Ignored."""

    def step_done(self, rows: int, padding_ratio: float, seconds: float) -> None:
        """Ignored."""

    def segment_started(self, priority: Priority, queue_seconds: float) -> None:
        """Ignored."""

    def segment_finished(self, source_tokens: int, target_tokens: int, decode_seconds: float) -> None:
        """Ignored."""

    def segment_failed(self) -> None:
        """Ignored."""

    def segment_expired(self, stage: Stage) -> None:
        """Ignored."""

    def segment_cancelled(self, stage: Stage) -> None:
        """Ignored."""

    def cache_asked(self, result: CacheResult, segments: int) -> None:
        """Ignored."""
