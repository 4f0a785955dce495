"""What of a glossary the translation of a segment must hold, as tokens."""

from __future__ import annotations

import functools

from model.decoding.job import Term
from model.tokenizer import Tokenizer
from model.word_boundaries import is_unspaced
from service.text.glossary import Glossary

MAX_TERMS = 12
"""Of a segment; the first ones are demanded. A beam that has to place more has no room left to choose."""
MAX_TERM_TOKENS = 48
"""A longer term is no term but a sentence, and is not demanded."""


class TermFinder:
    """Finds the terms of one direction.

    Args:
        glossary: what is to be translated how.
        tokenizer: the vocabulary.
    """

    def __init__(self, glossary: Glossary, tokenizer: Tokenizer) -> None:
        self._glossary = glossary
        self._tokenizer = tokenizer
        self._tokens = functools.cache(self._encode)

    def find(self, text: str) -> tuple[Term, ...]:
        """The terms that a translation of ``text`` must hold, each once.

        Args:
            text: what the network reads, by ``Tokenizer.source_ids``.
        """
        normal, offsets = self._tokenizer.decode_with_offsets(self._tokenizer.encode(text))
        terms: dict[tuple[int, ...], Term] = {}
        for match in self._glossary.find(normal):
            tokens = self._tokens(match.entry.target)
            # The tag of the target language is source token 0.
            places = [
                place
                for place, (start, end) in enumerate(offsets, start=1)
                if start < match.end and end > match.start
            ]
            if places and 0 < len(tokens) <= MAX_TERM_TOKENS:
                terms.setdefault(tokens, Term(tokens, places[0], places[-1] + 1))
        return tuple(terms.values())[:MAX_TERMS]

    def _encode(self, target: str) -> tuple[int, ...]:
        """With the space that is between words, but for scripts that put none there."""
        if is_unspaced(target[:1]):
            return tuple(self._tokenizer.encode_inside(target))
        return tuple(self._tokenizer.encode(target))
