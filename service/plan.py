"""What of a text is to be translated, as token ids, and how the text is put together again."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from model.tokenizer import Tokenizer
from service.text.segmentation import Piece, segment, shorten

Source = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A text as verbatim strings and segments.

    Attributes:
        parts: the text in order: a string is copied, token ids are a segment to translate.
    """

    parts: tuple[str | Source, ...]

    @property
    def segments(self) -> list[Source]:
        """The segments, in order."""
        return [part for part in self.parts if isinstance(part, tuple)]

    def split(self) -> list[Plan]:
        """Plans of one segment each, whose joins, one after the other, are this one's.

        What stands behind a segment stays with it, what stands before the first one too. A plan without
        segments is its only part.
        """
        places = [place for place, part in enumerate(self.parts) if isinstance(part, tuple)]
        bounds = pairwise((0, *places[1:], len(self.parts)))
        return [Plan(self.parts[start:end]) for start, end in bounds]

    def join(self, translations: Sequence[str]) -> str:
        """The text with ``translations`` in place of ``segments``."""
        waiting = iter(translations)
        return "".join([part if isinstance(part, str) else next(waiting) for part in self.parts])


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

    def segment(self, text: str) -> list[Piece]:
        """Sentences, or whole lines, and what is between them."""
        return segment(text, self._source, self._split_sentences)

    def tokenize(self, pieces: Sequence[Piece]) -> Plan:
        """Token ids for every sentence, in parts where it is too long."""
        parts: list[str | Source] = []
        for piece in pieces:
            parts += self._parts(piece)
        return Plan(tuple(parts))

    def _parts(self, piece: Piece) -> list[str | Source]:
        if not piece.translatable:
            return [piece.text]
        ids = functools.cache(self._ids)  # of this piece: what is measured is mostly what is kept
        parts = shorten(piece.text, self._limit, lambda text: len(ids(text)))
        return [ids(part.text) if part.translatable else part.text for part in parts]

    def _ids(self, text: str) -> Source:
        return tuple(self._tokenizer.source_ids(text, self._target))
