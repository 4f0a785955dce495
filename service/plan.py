"""What of a text is to be translated, as token ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from model.tokenizer import Tokenizer
from service.segment import Segment, SegmentWriter
from service.text.annotated import AnnotatedText, Mark
from service.text.casing import casing_of
from service.text.masking import MaskedText, mask
from service.text.segmentation import Piece, segment, shorten
from service.text.spans import Span
from service.text.truecasing import Truecaser


@dataclass(frozen=True, slots=True)
class Plan:
    """A text as verbatim parts and segments.

    Attributes:
        masked: the whole text.
        marks: of the text.
        parts: the masked text in order: a string is copied, a segment is translated.
        start: where in the masked text the first part begins.
    """

    masked: MaskedText
    marks: tuple[Mark, ...]
    parts: tuple[str | Segment, ...]
    start: int = 0

    @property
    def segments(self) -> list[Segment]:
        """The segments, in order."""
        return [part for part in self.parts if isinstance(part, Segment)]

    def split(self) -> list[Plan]:
        """Plans of one segment each: their translations, joined, are this one's but for the marks.

        What stands behind a segment stays with it, what stands before the first one too. A plan without
        segments is its only part.
        """
        places = [place for place, part in enumerate(self.parts) if isinstance(part, Segment)]
        plans: list[Plan] = []
        position = self.start
        for start, end in pairwise((0, *places[1:], len(self.parts))):
            parts = self.parts[start:end]
            plans.append(Plan(self.masked, (), parts, position))
            position += sum(len(part if isinstance(part, str) else part.text) for part in parts)
        return plans


class Planner:
    """Makes plans for one direction.

    Args:
        tokenizer: the vocabulary.
        truecaser: of the vocabulary.
        source: language of the texts.
        target: language they are translated into.
        max_segment_tokens: a longer sentence becomes several segments; tag and EOS count.
        split_sentences: False to take each line for one sentence.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        truecaser: Truecaser,
        source: str,
        target: str,
        max_segment_tokens: int,
        split_sentences: bool = True,
    ) -> None:
        self._writer = SegmentWriter(tokenizer, truecaser, target)
        self._truecaser = truecaser
        self._source = source
        self._limit = max_segment_tokens
        self._split_sentences = split_sentences

    def segment(self, text: AnnotatedText) -> tuple[MaskedText, list[Piece]]:
        """``text`` masked, as sentences, or whole lines, and what is between them."""
        masked = mask(text)
        return masked, segment(masked.text, self._source, self._split_sentences)

    def tokenize(self, masked: MaskedText, marks: Sequence[Mark], pieces: Sequence[Piece]) -> Plan:
        """Token ids for every sentence of ``masked``, in parts where it is too long."""
        parts = [part for piece in pieces for part in self._parts(piece, masked.by_sentinel)]
        return Plan(masked, tuple(marks), tuple(parts))

    def _parts(self, piece: Piece, spans: Mapping[str, Span]) -> Iterator[str | Segment]:
        if not piece.translatable:
            yield piece.text
            return
        casing = casing_of(piece.text, self._truecaser)
        written: dict[str, Segment] = {}  # what is measured is mostly what is kept

        def write(text: str) -> Segment:
            if text not in written:
                written[text] = self._writer.write(text, spans, casing)
            return written[text]

        rest = False
        for part in shorten(piece.text, self._limit, lambda text: len(write(text).source)):
            if not part.translatable:
                yield part.text
            elif rest:
                yield self._writer.write(part.text, spans, casing.of_rest(part.text))
            else:
                yield write(part.text)
            rest = True
