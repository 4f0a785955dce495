"""What of a text is to be translated, as token ids, and how the text is put together again."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from model.tokenizer import Tokenizer
from service.text.annotated import AnnotatedText, AnnotatedTranslation, Range, merged
from service.text.placing import Stretch, place
from service.text.segmentation import Piece, segment, shorten

Source = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a text.

    Attributes:
        text: the part, never empty.
        source: its token ids, or None for what is copied as it is.
    """

    text: str
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A text as verbatim parts and segments.

    Attributes:
        text: the whole.
        parts: the text in order.
    """

    text: AnnotatedText
    parts: tuple[Part, ...]

    @property
    def segments(self) -> list[Source]:
        """The segments, in order."""
        return [part.source for part in self.parts if part.source is not None]

    def split(self) -> list[Plan]:
        """Plans of one segment each, whose joins, one after the other, are this one's but for the marks.

        What stands behind a segment stays with it, what stands before the first one too. A plan without
        segments is its only part.
        """
        places = [place for place, part in enumerate(self.parts) if part.source is not None]
        bounds = pairwise((0, *places[1:], len(self.parts)))
        return [self._part(start, end) for start, end in bounds]

    def _part(self, start: int, end: int) -> Plan:
        """The plan of ``parts[start:end]``, without marks: they may reach beyond it."""
        offset = sum(len(part.text) for part in self.parts[:start])
        parts = self.parts[start:end]
        text = "".join([part.text for part in parts])
        inside = [Range(one.start - offset, one.end - offset) for one in self.text.protected]
        protected = tuple(one for one in inside if one.start >= 0 and one.end <= len(text))
        return Plan(AnnotatedText(text, protected), parts)

    def join(self, translations: Sequence[str]) -> AnnotatedTranslation:
        """The text with ``translations`` in place of ``segments``, and its annotations with it."""
        waiting = iter(translations)
        stretches = [
            Stretch(part.text, part.text if part.source is None else next(waiting), part.source is None)
            for part in self.parts
        ]
        return place(self.text, stretches)


class Planner:
    """Makes plans for one direction.

    Args:
        tokenizer: the vocabulary.
        source: language of the texts.
        target: language they are translated into.
        max_segment_tokens: a longer sentence becomes several segments; tag and EOS count.
        split_sentences: False to take each line for one sentence.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        source: str,
        target: str,
        max_segment_tokens: int,
        split_sentences: bool = True,
    ) -> None:
        self._tokenizer = tokenizer
        self._source = source
        self._target = target
        self._limit = max_segment_tokens
        self._split_sentences = split_sentences

    def segment(self, text: AnnotatedText) -> list[Piece]:
        """Sentences, or whole lines, and what is between them."""
        pieces: list[Piece] = []
        position = 0
        for one in merged(text.protected):
            pieces += segment(text.text[position : one.start], self._source, self._split_sentences)
            pieces.append(Piece(text.text[one.start : one.end], translatable=False))
            position = one.end
        return [*pieces, *segment(text.text[position:], self._source, self._split_sentences)]

    def tokenize(self, text: AnnotatedText, pieces: Sequence[Piece]) -> Plan:
        """Token ids for every sentence of ``text``, in parts where it is too long."""
        return Plan(text, tuple([part for piece in pieces for part in self._parts(piece)]))

    def _parts(self, piece: Piece) -> list[Part]:
        if not piece.translatable:
            return [Part(piece.text)]
        ids = functools.cache(self._ids)  # of this piece: what is measured is mostly what is kept
        parts = shorten(piece.text, self._limit, lambda text: len(ids(text)))
        return [Part(part.text, ids(part.text) if part.translatable else None) for part in parts]

    def _ids(self, text: str) -> Source:
        return tuple(self._tokenizer.source_ids(text, self._target))
