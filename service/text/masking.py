"""A text in which every protected span is one character.

These characters, *sentinels*, are private-use ones of the last two planes, which no text has outside its
spans because private-use characters are spans themselves. So whatever handles the text, such as a sentence
splitter, sees a span as one symbol that it cannot divide, and each sentinel tells which span it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from service.text.annotated import AnnotatedText
from service.text.rewriting import Edit, Rewriting, rewrite
from service.text.spans import Kind, Span, find_spans

_FIRST_WORD, _FIRST_LOOSE = 0xF0000, 0x100000
_MOST = 0xFFFE
"""Of each kind. A text of hundreds of thousands of characters may have more: they count as blocks."""
BLOCK = "\ue000"
"""Stands for every block: none of them comes near a network."""
SENTINEL = re.compile("[\U000f0000-\U0010ffff]")
"""The sentinel of a word or of a loose span."""
STAND_IN = re.compile(f"[{BLOCK}\U000f0000-\U0010ffff]")
"""That of any span."""
LOOSE = "\U00100000-\U0010ffff"
"""The sentinels of loose spans, for a character class."""


@dataclass(frozen=True)
class MaskedText:
    """A text and its masked form.

    Attributes:
        rewriting: from the one to the other.
        spans: in order; the k-th edit masks the k-th of them.
    """

    rewriting: Rewriting
    spans: tuple[Span, ...]

    @property
    def text(self) -> str:
        """With sentinels."""
        return self.rewriting.after

    @cached_property
    def by_sentinel(self) -> Mapping[str, Span]:
        """The spans that are no blocks."""
        pairs = zip(self.rewriting.edits, self.spans, strict=True)
        return {edit.text: span for edit, span in pairs if edit.text != BLOCK}

    @cached_property
    def by_place(self) -> Mapping[int, Span]:
        """The spans by where they are in the masked text."""
        return {self.rewriting.forward(span.range).start: span for span in self.spans}


def mask(text: AnnotatedText) -> MaskedText:
    """``text`` with its protected spans masked: those that are found, and those it names."""
    spans = find_spans(text.text, text.protected)
    return MaskedText(rewrite(text.text, _edits(spans)), tuple(spans))


def _edits(spans: Sequence[Span]) -> list[Edit]:
    counts = {Kind.WORD: 0, Kind.LOOSE: 0, Kind.BLOCK: 0}
    edits: list[Edit] = []
    for span in spans:
        edits.append(Edit(span.range.start, span.range.end, _sentinel(span.kind, counts[span.kind])))
        counts[span.kind] += 1
    return edits


def _sentinel(kind: Kind, number: int) -> str:
    if kind is Kind.BLOCK or number >= _MOST:
        return BLOCK
    return chr(number + (_FIRST_WORD if kind is Kind.WORD else _FIRST_LOOSE))
