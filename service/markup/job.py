"""Jobs whose texts are parts of documents."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from itertools import islice

from service.errors import InvalidRequest
from service.job import Job, Outcome, Passage, RunningJob, Whole
from service.markup.document import Document
from service.markup.tokens import MarkupError
from service.metrics import Metrics
from service.offloading import offload
from service.restoring import TranslatedText
from service.text.annotated import AnnotatedTranslation

Read = Callable[[str], Document]


async def with_documents(job: Job, read: Read, field: str, metrics: Metrics) -> Job:
    """``job`` with the texts of the documents that its texts are.

    Args:
        job: its texts are markup.
        read: takes a document apart.
        field: what the texts are called in the request.
        metrics: told of the time it takes.

    Raises:
        InvalidRequest: one of them cannot be read; names it.
    """
    sources = [text.text for text in job.texts]
    with metrics.stage("markup"):
        documents = await offload(job.characters, lambda: _read_all(sources, read, field))
    texts = tuple(text for document in documents for text in document.texts)
    return replace(job, texts=texts, documents=documents)


def _read_all(sources: Sequence[str], read: Read, field: str) -> tuple[Document, ...]:
    documents = []
    for index, source in enumerate(sources):
        try:
            documents.append(read(source))
        except MarkupError as error:
            raise InvalidRequest(
                f"{field}: the markup of item {index} cannot be read: {error}", field
            ) from None
    return tuple(documents)


class MarkupJob:
    """A ``RunningJob`` whose texts are documents: each is one passage.

    Args:
        documents: what the other job's texts are the texts of.
        running: the other job.
        metrics: told of the time it takes to write them.
    """

    def __init__(self, documents: Sequence[Whole], running: RunningJob, metrics: Metrics) -> None:
        self._documents = documents
        self._running = running
        self._metrics = metrics
        self._outcome: Outcome | None = None

    @property
    def lengths(self) -> tuple[int, ...]:
        """See ``RunningJob``."""
        return (1,) * len(self._documents)

    async def passages(self) -> AsyncIterator[Passage]:
        """See ``RunningJob``."""
        for item, text in enumerate((await self.outcome()).texts):
            yield Passage(item, text)

    async def outcome(self) -> Outcome:
        """See ``RunningJob``."""
        if self._outcome is None:
            outcome = await self._running.outcome()
            characters = sum(len(text.text) for text in outcome.texts)
            with self._metrics.stage("markup"):
                texts = await offload(characters, lambda: self._write_all(outcome.texts))
            self._outcome = replace(outcome, texts=texts)
        return self._outcome

    def _write_all(self, texts: Sequence[TranslatedText]) -> tuple[TranslatedText, ...]:
        waiting = iter(texts)
        return tuple(
            _written(document, list(islice(waiting, len(document.texts)))) for document in self._documents
        )


def _written(document: Whole, texts: Sequence[TranslatedText]) -> TranslatedText:
    """``document`` with the translations of its texts.

    Its k-th alternative has the k-th of each text, and the best of a text that has no k-th.
    """
    further = max((len(text.alternatives) for text in texts), default=0)
    versions = [
        document.write(
            [text.alternatives[rank] if rank < len(text.alternatives) else text.best for text in texts]
        )
        for rank in range(further)
    ]
    best, *others = dict.fromkeys([document.write([text.best for text in texts]), *versions])
    return TranslatedText(
        AnnotatedTranslation(best),
        _score(texts),
        tuple(map(AnnotatedTranslation, others)),
        sum(text.segments for text in texts),
        next((text.pivot for text in texts if text.pivot), None),
    )


def _score(texts: Sequence[TranslatedText]) -> float:
    """The geometric mean of the scores of ``texts``, weighted by their segments; 1 without any segment."""
    segments = sum(text.segments for text in texts)
    if not all(text.score for text in texts):
        return 0.0
    return math.exp(sum(text.segments * math.log(text.score) for text in texts) / max(1, segments))
