"""What a client gives: frozen values."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Detection:
    """What a text is written in.

    Attributes:
        language: a code, such as ``de``.
        confidence: from 0 to 100, among the languages served; 0 where there was nothing to go by.
    """

    language: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Link:
    """A word of the text and a word of its translation that belong together; ends are not included.

    Attributes:
        source_start: where the word begins in the text.
        source_end: where it ends.
        target_start: where its counterpart begins in the translation.
        target_end: where it ends.
        weight: how much of what the network read for the counterpart was the word, from 0 to 1.
    """

    source_start: int
    source_end: int
    target_start: int
    target_end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is known of a sentence and its translation.

    Attributes:
        source_start: where it begins in the text.
        source_end: where it ends; not included.
        target_start: where its translation begins.
        target_end: where it ends; not included.
        confidence: the probability that the translation is good, from 0 to 1.
        coverage: the share of its words that the network read, from 0 to 1.
        flags: what seems to be wrong, mostly nothing: ``repetition``, ``truncated``, ``undercovered``,
            ``copied``.
        links: which word became which, by the translation's.
    """

    source_start: int
    source_end: int
    target_start: int
    target_end: int
    confidence: float
    coverage: float
    flags: tuple[str, ...]
    links: tuple[Link, ...]

    def moved(self, source: int, target: int) -> Sentence:
        """The same sentence, where so much stands before it in the text and in the translation."""
        return replace(
            self,
            source_start=self.source_start + source,
            source_end=self.source_end + source,
            target_start=self.target_start + target,
            target_end=self.target_end + target,
            links=tuple(
                Link(
                    link.source_start + source,
                    link.source_end + source,
                    link.target_start + target,
                    link.target_end + target,
                    link.weight,
                )
                for link in self.links
            ),
        )


@dataclass(frozen=True, slots=True)
class Translation:
    """A text's translation.

    Attributes:
        text: the translation.
        score: how sure the network is of it, from 0 to 1; None if the service does not say. Of a text that
            was cut because the service does not take so much at once, the mean of its parts' scores, by
            their lengths.
        alternatives: other translations, best first, as far as they were asked for and exist.
        detected: the language found, if ``source`` was ``auto``; of a text that was cut, that of its first
            part.
        sentences: what is known of each sentence, if ``details`` were asked for.
    """

    text: str
    score: float | None = None
    alternatives: tuple[str, ...] = ()
    detected: Detection | None = None
    sentences: tuple[Sentence, ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a translation that has just been done: a sentence, mostly, and the white space around it.

    Attributes:
        item: which of the texts it belongs to, from 0. Segments come in order, and those of a text, joined,
            are its translation.
        text: the part.
        score: how sure the network is of it, from 0 to 1.
        progress: how much of everything that was asked for is done, from 0 to 1.
    """

    item: int
    text: str
    score: float
    progress: float


@dataclass(frozen=True, slots=True)
class Language:
    """A language that can be translated from.

    Attributes:
        code: such as ``de``.
        name: in English.
        targets: codes of the languages that it can be translated into.
    """

    code: str
    name: str
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What a service takes.

    Attributes:
        max_characters: of all texts of a request; None for any number.
        max_texts: of a request; None for any number.
        key_required: whether a request needs an API key.
        file_extensions: of the files that it translates, such as ``.docx``; empty if it translates none.
    """

    max_characters: int | None
    max_texts: int | None
    key_required: bool
    file_extensions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TranslatedFile:
    """A file's translation.

    Attributes:
        name: a name for it, as the service suggests; never a path.
        content: its bytes.
    """

    name: str
    content: bytes
