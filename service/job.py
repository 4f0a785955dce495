"""What is asked of the translator, and what it answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from service.engine.request import Priority
from service.restoring import TranslatedText
from service.text.annotated import AnnotatedText, AnnotatedTranslation
from service.text.glossary import Glossary


class Whole(Protocol):
    """Something made of texts, such as a page of HTML."""

    @property
    def texts(self) -> tuple[AnnotatedText, ...]:
        """Those of its parts that are translated, in order."""
        ...

    def write(self, translations: Sequence[AnnotatedTranslation]) -> str:
        """All of it, with ``translations`` of its texts."""
        ...


@dataclass(frozen=True, slots=True)
class Job:
    """One request to translate, checked: see ``service.api``.

    Attributes:
        texts: what to translate; ``plain`` makes them of strings.
        source: a served language.
        target: a served language.
        alternatives: further translations wanted of each text.
        priority: who goes first when there is a queue.
        deadline: ``time.monotonic()`` seconds after which nobody wants the result.
        split_sentences: False to translate each line as one sentence.
        documents: what the texts are parts of, if anything: all their texts, in order, are ``texts``.
        scope: who may share the work; see ``SegmentRequest``.
        details: whether what became of each sentence is wanted.
        glossary: terms that the translations must hold where the texts have theirs.
    """

    texts: tuple[AnnotatedText, ...]
    source: str
    target: str
    alternatives: int
    priority: Priority
    deadline: float
    split_sentences: bool = True
    documents: tuple[Whole, ...] = ()
    scope: str = ""
    details: bool = False
    glossary: Glossary | None = None

    @property
    def characters(self) -> int:
        """Of all texts."""
        return sum(len(text.text) for text in self.texts)


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a text's translation: a segment, and what stands around it.

    Attributes:
        item: which of the job's texts it belongs to.
        translation: of this part alone, without alternatives.
    """

    item: int
    translation: TranslatedText


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job.

    Attributes:
        texts: the translations, in the order of the job's texts.
        segments: how many segments were translated.
        queue_seconds: the longest that one of them waited.
        decode_seconds: the longest that one of them was decoded.
    """

    texts: tuple[TranslatedText, ...]
    segments: int = 0
    queue_seconds: float = 0.0
    decode_seconds: float = 0.0


class RunningJob(Protocol):
    """A job that has been accepted and is on its way."""

    @property
    def lengths(self) -> tuple[int, ...]:
        """How many passages each text has; at least one."""
        ...

    def passages(self) -> AsyncIterator[Passage]:
        """Every part of every text, in order, each as soon as it and those before it are done.

        The passages of a text, joined, are its translation in ``outcome``.

        Raises:
            DeadlineExceeded, NotReady, Overloaded, TranslationFailed: as ``Translator.translate`` says.
        """
        ...

    async def outcome(self) -> Outcome:
        """All of it, once it is done.

        Raises:
            DeadlineExceeded, NotReady, Overloaded, TranslationFailed: as ``Translator.translate`` says.
        """
        ...
