"""A sentence on its way to a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from model.tokenizer import Tokenizer
from service.text.casing import Casing, to_running_text
from service.text.presenting import Presentation, present
from service.text.spans import Span
from service.text.truecasing import Truecaser

Source = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """A sentence, or a part of one, and how a network is to read it.

    Attributes:
        text: with sentinels.
        spans: what they stand for, and maybe more.
        casing: of the sentence.
        presentation: what the network reads.
        source: the token ids of that.
    """

    text: str
    spans: Mapping[str, Span]
    casing: Casing
    presentation: Presentation
    source: Source

    @property
    def has_spans(self) -> bool:
        """Whether there is a protected span in it."""
        shown = self.presentation
        return bool(shown.placeholders or shown.written or shown.absent)


class SegmentWriter:
    """Writes segments for one vocabulary and one target language.

    Args:
        tokenizer: the vocabulary.
        truecaser: of the vocabulary.
        target: the language that they are translated into.
    """

    def __init__(self, tokenizer: Tokenizer, truecaser: Truecaser, target: str) -> None:
        self._tokenizer = tokenizer
        self._truecaser = truecaser
        self._target = target

    def write(self, text: str, spans: Mapping[str, Span], casing: Casing) -> Segment:
        """A segment with placeholders for its spans, as many as the vocabulary has."""
        return self._write(text, spans, casing, self._tokenizer.placeholders)

    def without_placeholders(self, segment: Segment) -> Segment:
        """``segment`` with its spans themselves, for a network that has not kept their placeholders."""
        return self._write(segment.text, segment.spans, segment.casing, ())

    def _write(
        self, text: str, spans: Mapping[str, Span], casing: Casing, placeholders: Sequence[str]
    ) -> Segment:
        edits = to_running_text(text, casing, self._truecaser)
        presentation = present(text, spans, placeholders, edits)
        source = self._tokenizer.source_ids(presentation.text, self._target)
        return Segment(text, spans, casing, presentation, tuple(source))
