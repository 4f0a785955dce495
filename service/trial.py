"""A segment in the engine until there is a translation of it to use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Set
from contextlib import suppress
from dataclasses import dataclass, replace

from model.decoding.hypothesis import Hypothesis, Translation
from service.engine.request import SegmentResult, Ticket
from service.errors import DeadlineExceeded, NotReady, Overloaded, TranslationFailed
from service.quality.assessment import Assessment
from service.quality.flags import Flag
from service.quality.review import Review
from service.quality.second_try import best_of
from service.segment import Segment

WithoutPlaceholders = Callable[[Segment], Awaitable[tuple[Segment, Ticket]]]
"""Submits a segment without its placeholders; may raise ``Overloaded`` or ``NotReady``."""
OtherWay = Callable[[Segment, Set[Flag]], Awaitable[Ticket]]
"""Submits a segment to be decoded in a way that may avoid what it was flagged for; likewise."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A segment as it was decoded in the end, the result, and what is thought of its best hypothesis."""

    segment: Segment
    result: SegmentResult
    assessment: Assessment


@dataclass(frozen=True, slots=True)
class Attempts:
    """How a segment is judged, and tried again.

    Attributes:
        is_intact: whether a hypothesis has all placeholders of a segment.
        review: judges what is intact.
        without_placeholders: the second try where the network has not kept them.
        other_way: the second try where the translation is flagged.
    """

    is_intact: Callable[[Segment, Hypothesis], bool]
    review: Review
    without_placeholders: WithoutPlaceholders
    other_way: OtherWay


class Trial:
    """A segment that is decoded a second time if need be; never a third time.

    There is need where the network has lost a placeholder, or made one up, or where the translation is
    flagged. A few of its hypotheses having all placeholders is enough: the others are dropped. Where the
    second decoding is refused, or fails, or is no better, the first has to do, and what it lacks is placed by
    the declared fallbacks.

    Args:
        segment: with placeholders, or without.
        ticket: of the segment.
        attempts: see there.
    """

    def __init__(self, segment: Segment, ticket: Ticket, attempts: Attempts) -> None:
        self._segment = segment
        self._ticket = ticket
        self._attempts = attempts
        self._first: Decoded | None = None
        self._second: tuple[Segment, Ticket] | None = None
        self._final: Decoded | None = None

    async def advance(self) -> Decoded:
        """What came of the first decoding; a second one has been started then, if there is to be one."""
        if self._first is None:
            result = self._intact(await self._ticket.result())
            best = result.translation.best
            assessment = self._attempts.review.assess(self._segment, best)
            self._first = Decoded(self._segment, result, assessment)
            with suppress(NotReady, Overloaded):
                self._second = await self._try_again(self._first)
        return self._first

    async def result(self) -> Decoded:
        """What came of it.

        Raises:
            DeadlineExceeded, NotReady, TranslationFailed: see ``Ticket.result``.
        """
        first = await self.advance()
        if self._final is None:
            self._final = await self._after(first)
            tried = self._second is not None
            self._attempts.review.tell(first.assessment, self._final.assessment, tried=tried)
        return self._final

    def cancel(self) -> None:
        """Nobody waits any more."""
        self._ticket.cancel()
        if self._second is not None:
            self._second[1].cancel()

    def _is_intact(self, hypothesis: Hypothesis) -> bool:
        has_none = not self._segment.presentation.placeholders
        return has_none or self._attempts.is_intact(self._segment, hypothesis)

    def _intact(self, result: SegmentResult) -> SegmentResult:
        """``result`` with its intact hypotheses alone; as it is, if it has none."""
        if not self._segment.presentation.placeholders:
            return result
        intact = tuple(filter(self._is_intact, result.translation.hypotheses))
        return _with_hypotheses(result, intact) if intact else result

    async def _try_again(self, first: Decoded) -> tuple[Segment, Ticket] | None:
        if not self._is_intact(first.result.translation.best):
            return await self._attempts.without_placeholders(self._segment)
        if self._attempts.review.may_try_again(first.assessment):
            return self._segment, await self._attempts.other_way(self._segment, first.assessment.flags)
        return None

    async def _after(self, first: Decoded) -> Decoded:
        """The better one of ``first`` and what the second decoding brings, if there is one."""
        if self._second is None:
            return first
        segment, ticket = self._second
        try:
            result = _with_time_of(first.result, await ticket.result())
        except (DeadlineExceeded, NotReady, TranslationFailed):
            return first
        if segment is not self._segment:
            return Decoded(segment, result, self._attempts.review.assess(segment, result.translation.best))
        return self._better(first, result)

    def _better(self, first: Decoded, second: SegmentResult) -> Decoded:
        """``first``, or the best intact hypothesis of ``second`` before it, if that has fewer faults."""
        hypotheses = list(filter(self._is_intact, second.translation.hypotheses))
        assessments = [self._attempts.review.assess(self._segment, one) for one in hypotheses]
        both = [first.assessment, *assessments]
        chosen = best_of(both)
        if not chosen:
            return first
        others = first.result.translation.hypotheses
        better = _with_hypotheses(second, (hypotheses[chosen - 1], *others)[: len(others)])
        return Decoded(self._segment, better, both[chosen])


def _with_hypotheses(result: SegmentResult, hypotheses: tuple[Hypothesis, ...]) -> SegmentResult:
    return replace(result, translation=Translation(hypotheses, result.translation.steps))


def _with_time_of(first: SegmentResult, second: SegmentResult) -> SegmentResult:
    """``second`` with the time that both took."""
    return SegmentResult(
        second.translation,
        queue_seconds=first.queue_seconds + second.queue_seconds,
        decode_seconds=first.decode_seconds + second.decode_seconds,
    )
