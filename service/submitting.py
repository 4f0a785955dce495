"""Segments handed to an engine."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from functools import cache, partial

from model.config import DecodingOptions
from service.engine.request import SegmentRequest, Ticket
from service.finishing import Finisher
from service.job import Job
from service.metrics import Metrics
from service.plan import Plan
from service.quality.flags import Flag
from service.quality.review import Review
from service.quality.second_try import second_options
from service.registry import Served
from service.segment import Segment, SegmentWriter
from service.text.terms import TermFinder
from service.trial import Attempts, Trial


class Submitter:
    """Submits the segments of a job.

    Args:
        job: how they are to be translated.
        served: where.
        finisher: of the direction.
        metrics: told what happens.
        second_tries: whether what is flagged is decoded again.
    """

    def __init__(
        self, job: Job, served: Served, finisher: Finisher, metrics: Metrics, *, second_tries: bool
    ) -> None:
        self._job = job
        self._assessor = served.assessor
        self._metrics = metrics
        self._second_tries = second_tries
        self._engine = served.engine
        self._finisher = finisher
        self._writer = SegmentWriter(served.tokenizer, served.truecaser, job.target)
        self._terms = terms_of(job, served)
        self._options = _options(served.decoding, job.alternatives + 1)
        self._widest = _options(served.decoding, max(job.alternatives + 1, served.decoding.beam_size))

    async def submit(self, plans: Sequence[Plan]) -> list[Trial]:
        """All segments of ``plans``, or none.

        Raises:
            Overloaded, NotReady: see ``EngineLike.submit``.
        """
        segments = [(segment, bool(plan.marks)) for plan in plans for segment in plan.segments]
        requests = [self._request(segment, marked) for segment, marked in segments]
        job, tries = self._job, len(segments) if self._second_tries else 0
        review = Review(self._assessor, job.source, job.target, tries, self._metrics)
        return [
            Trial(segment, ticket, self._attempts(review, marked))
            for (segment, marked), ticket in zip(segments, await self._tickets(requests), strict=True)
        ]

    async def _tickets(self, requests: list[SegmentRequest]) -> Sequence[Ticket]:
        if not requests:
            return ()
        await self._engine.recall(requests)
        return self._engine.submit(requests)

    def _request(self, segment: Segment, marked: bool) -> SegmentRequest:
        """For a segment with placeholders all hypotheses of the beam are wanted: one may have kept them."""
        return SegmentRequest(
            segment.source,
            self._widest if segment.presentation.placeholders else self._options,
            self._job.priority,
            self._job.deadline,
            attention=marked or segment.has_spans or self._job.details,
            terms=self._terms.find(segment.presentation.text) if self._terms else (),
            scope=self._job.scope,
        )

    def _attempts(self, review: Review, marked: bool) -> Attempts:
        return Attempts(
            self._finisher.is_intact,
            review,
            without_placeholders=partial(self._without_placeholders, marked),
            other_way=partial(self._other_way, marked),
        )

    async def _without_placeholders(self, marked: bool, segment: Segment) -> tuple[Segment, Ticket]:
        plain = self._writer.without_placeholders(segment)
        request = replace(self._request(plain, marked), follows=True)
        return plain, (await self._tickets([request]))[0]

    async def _other_way(self, marked: bool, segment: Segment, flags: Set[Flag]) -> Ticket:
        request = self._request(segment, marked)
        # What is drawn by chance cannot be made to hold terms; a wider beam can.
        reasons = {Flag.UNDERCOVERED} if request.terms else flags
        again = replace(request, options=second_options(request.options, reasons), follows=True)
        return (await self._tickets([again]))[0]


def terms_of(job: Job, served: Served) -> TermFinder | None:
    """What finds the terms of ``job``, if it has a glossary for its direction."""
    glossary = job.glossary
    if glossary is None or not glossary.applies(job.source, job.target):
        return None
    return TermFinder(glossary, served.tokenizer)


@cache
def _options(decoding: DecodingOptions, n_best: int) -> DecodingOptions:
    """``decoding`` for so many hypotheses; they widen the beam where it is too narrow for them."""
    update = {
        "beam_size": max(decoding.beam_size, n_best),
        "n_best": n_best,
        "min_length": max(1, decoding.min_length),  # a segment is never translated into nothing
    }
    return DecodingOptions.model_validate({**decoding.model_dump(), **update})
