"""A segment in the engine until there is a translation of it to use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from model.decoding.hypothesis import Hypothesis
from service.engine.request import SegmentResult, Ticket
from service.errors import NotReady, Overloaded
from service.segment import Segment

Again = Callable[[Segment], Awaitable[tuple[Segment, Ticket]]]
"""Submits a segment without its placeholders; may raise ``Overloaded`` or ``NotReady``."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A segment as it was decoded in the end, and the result."""

    segment: Segment
    result: SegmentResult


class Trial:
    """A segment that is decoded a second time if the network has lost a placeholder, or made one up.

    A few of its hypotheses having all of them is enough: the others are dropped. Where the second decoding
    is refused, the first has to do, and what it lacks is placed by the declared fallbacks.

    Args:
        segment: with placeholders, or without.
        ticket: of the segment.
        is_intact: whether a hypothesis has all placeholders of a segment.
        again: starts the second decoding.
    """

    def __init__(
        self,
        segment: Segment,
        ticket: Ticket,
        is_intact: Callable[[Segment, Hypothesis], bool],
        again: Again,
    ) -> None:
        self._segment = segment
        self._ticket = ticket
        self._is_intact = is_intact
        self._again = again
        self._first: SegmentResult | None = None
        self._second: tuple[Segment, Ticket] | None = None

    async def advance(self) -> SegmentResult:
        """The result of the first decoding; a second one has been started then, if there is to be one."""
        if self._first is None:
            self._first = await self._ticket.result()
            if self._segment.presentation.placeholders:
                self._first = await self._examine(self._first)
        return self._first

    async def result(self) -> Decoded:
        """What came of it.

        Raises:
            DeadlineExceeded, NotReady, TranslationFailed: see ``Ticket.result``.
        """
        first = await self.advance()
        if self._second is None:
            return Decoded(self._segment, first)
        segment, ticket = self._second
        return Decoded(segment, _after(first, await ticket.result()))

    def cancel(self) -> None:
        """Nobody waits any more."""
        self._ticket.cancel()
        if self._second is not None:
            self._second[1].cancel()

    async def _examine(self, result: SegmentResult) -> SegmentResult:
        """``result`` with its intact hypotheses alone; if it has none, as it is, and decoded once more."""
        translation = result.translation
        intact = tuple(one for one in translation.hypotheses if self._is_intact(self._segment, one))
        if intact:
            return replace(result, translation=replace(translation, hypotheses=intact))
        with suppress(NotReady, Overloaded):
            self._second = await self._again(self._segment)
        return result


def _after(first: SegmentResult, second: SegmentResult) -> SegmentResult:
    """``second`` with the time that both took."""
    return SegmentResult(
        second.translation,
        queue_seconds=first.queue_seconds + second.queue_seconds,
        decode_seconds=first.decode_seconds + second.decode_seconds,
    )
