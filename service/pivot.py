"""From one language to another by way of a third, for which there is a network each way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

from service.job import Job, Outcome, Passage, RunningJob
from service.restoring import TranslatedText
from service.text.annotated import AnnotatedText, AnnotatedTranslation, PlacedSpan, Placement

Begin = Callable[[Job], AbstractAsyncContextManager[RunningJob]]
"""``Translator.begin``."""


@asynccontextmanager
async def begin_by_way(begin: Begin, job: Job, pivot: str) -> AsyncIterator[RunningJob]:
    """``job``, translated into ``pivot`` and from there on its way into its target.

    What is not done when the context is left leaves the engine.

    Raises:
        ServiceError: see ``Translator.translate``: the first half is done when the context is entered.
    """
    async with begin(replace(job, target=pivot, alternatives=0, details=False)) as running:
        half = await running.outcome()
    texts = tuple(_as_source(text.best) for text in half.texts)
    async with begin(replace(job, texts=texts, source=pivot, details=False)) as running:
        yield PivotedJob(half, running, pivot)


class PivotedJob:
    """A ``RunningJob`` whose texts have been translated once already.

    Args:
        half: the translations into the language between.
        rest: the translation of these.
        pivot: that language.
    """

    def __init__(self, half: Outcome, rest: RunningJob, pivot: str) -> None:
        self._half = half
        self._rest = rest
        self._pivot = pivot

    @property
    def lengths(self) -> tuple[int, ...]:
        """See ``RunningJob``."""
        return self._rest.lengths

    def passages(self) -> AsyncIterator[Passage]:
        """See ``RunningJob``; annotations are those of the text between."""
        return self._rest.passages()

    async def outcome(self) -> Outcome:
        """See ``RunningJob``; segments and seconds are those of both halves together."""
        half, rest = self._half, await self._rest.outcome()
        texts = [
            replace(_joined(one, two), pivot=self._pivot)
            for one, two in zip(half.texts, rest.texts, strict=True)
        ]
        return Outcome(
            tuple(texts),
            segments=half.segments + rest.segments,
            queue_seconds=half.queue_seconds + rest.queue_seconds,
            decode_seconds=half.decode_seconds + rest.decode_seconds,
        )


def _as_source(translation: AnnotatedTranslation) -> AnnotatedText:
    """A translation as a text to translate, with what it must keep."""
    protected = tuple(span.target for span in translation.spans)
    return AnnotatedText(translation.text, protected, translation.marks)


def _joined(first: TranslatedText, second: TranslatedText) -> TranslatedText:
    """The second translation as one of the first's text; its probability is that of both."""
    return replace(
        second,
        best=_placed(first.best, second.best),
        alternatives=tuple(_placed(first.best, one) for one in second.alternatives),
        score=first.score * second.score,
        segments=first.segments + second.segments,
    )


def _placed(first: AnnotatedTranslation, second: AnnotatedTranslation) -> AnnotatedTranslation:
    """``second`` with the spans of the text that ``first`` is a translation of."""
    ends = {span.source: span for span in second.spans}
    spans = [
        PlacedSpan(span.source, end.target, _weaker(span.placement, end.placement))
        for span in first.spans
        if (end := ends.get(span.target))
    ]
    return replace(second, spans=tuple(spans))


def _weaker(*placements: Placement) -> Placement:
    """The one that comes last among ``Placement``'s members, which stand from the best to the worst."""
    order = list(Placement)
    return max(placements, key=order.index)
