"""Which of its spellings in small and capital letters a word has in running text."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from enum import Enum

from model.tokenizer import Tokenizer

_REMEMBERED_WORDS = 20_000
_LONGEST_ACRONYM = 5


class Spelling(Enum):
    """How a word is written."""

    LOWER = "lower"
    CAPITALIZED = "capitalized"
    UPPER = "upper"


@dataclass(frozen=True, slots=True)
class Likelihoods:
    """Log-probabilities of a word's spellings, and whether the one in small letters is a single piece."""

    lower: float
    capitalized: float
    upper: float
    is_piece: bool


class Truecaser:
    """Knows words by the vocabulary: its pieces have the frequencies of the text that it was trained on.

    A word's spelling is as probable as its segmentation under the unigram language model (Kudo 2018). German
    nouns, names and acronyms are pieces with their capitals. Capitals at the beginning of sentences count
    too, so the comparison of frequent words needs margins.

    Args:
        tokenizer: the vocabulary.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self.likelihoods = functools.lru_cache(_REMEMBERED_WORDS)(self._likelihoods)

    def of_capitals(self, word: str) -> str:
        """``word``, which stands in a text of nothing but capitals, as running text has it."""
        likely = self.likelihoods(word.lower())
        best = max(likely.lower, likely.capitalized)
        if 1 < len(word) <= _LONGEST_ACRONYM and likely.upper > best:
            return word
        return capitalized(word) if likely.capitalized > likely.lower else word.lower()

    def prefers_lower(self, word: str, margin: float) -> bool:
        """Whether the word is that much more probable in small letters than with a capital."""
        likely = self.likelihoods(word.lower())
        return likely.lower > likely.capitalized + margin

    def prefers_capital(self, word: str, margin: float) -> bool:
        """Whether the word is that much more probable with a capital than in small letters."""
        likely = self.likelihoods(word.lower())
        return likely.capitalized > likely.lower + margin

    def is_known_lower(self, word: str) -> bool:
        """Whether the vocabulary has the word in small letters."""
        return self.likelihoods(word.lower()).is_piece

    def _likelihoods(self, word: str) -> Likelihoods:
        lower, one, upper = (
            self._tokenizer.encode_nbest(spelling, 1)[0]
            for spelling in (word, capitalized(word), word.upper())
        )
        return Likelihoods(lower[1], one[1], upper[1], is_piece=len(lower[0]) == 1)


def capitalized(word: str) -> str:
    """``word`` with its first letter as a capital and small letters after it."""
    return word[:1].upper() + word[1:].lower()
