"""What a training sentence may look like: normalisation, and the reasons for which a pair is dropped.

Text is judged before the tokenizer is trained, by ``PairFilter``; lengths in tokens after it, by
``TokenLimits``. Tokens of a joint vocabulary compare lengths across scripts, which characters do not: a
Chinese sentence has a third of its translation's characters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from model.tokenizer import normalize
from model.training.corpus import Direction

Bool = npt.NDArray[np.bool_]
Int64 = npt.NDArray[np.int64]


class Dropped(StrEnum):
    """Why a pair is not trained on; the first reason that holds is the one counted."""

    EMPTY = "a side is empty"
    TOO_MANY_CHARACTERS = "too many characters"
    COPY = "copy"
    IN_VALIDATION = "in validation text"
    DUPLICATE = "duplicate pair"
    TOO_MANY_TOKENS = "too many tokens"
    LENGTH_RATIO = "lengths too different"


class _ControlTable(dict[int, str | None]):
    """For ``str.translate``: control characters become spaces, invisible marks vanish."""

    def __missing__(self, code: int) -> str | None:
        self[code] = " " if unicodedata.category(chr(code)) == "Cc" else chr(code)
        return self[code]


class _LetterTable(dict[int, str | None]):
    """For ``str.translate``: punctuation, spaces and control characters vanish."""

    def __missing__(self, code: int) -> str | None:
        self[code] = None if unicodedata.category(chr(code))[0] in "PZC" else chr(code)
        return self[code]


# Soft hyphen, zero-width space, marks of text direction, word joiner, byte order mark. The zero-width
# joiners stay: emoji and several scripts are spelt with them.
_INVISIBLE = [0xAD, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), 0x2060, *range(0x2066, 0x206A), 0xFEFF]


class Cleaner:
    """Makes spellings comparable. The tables are a cache over the characters met."""

    def __init__(self) -> None:
        self._control = _ControlTable(dict.fromkeys(_INVISIBLE))
        self._letters = _LetterTable()

    def clean(self, text: str) -> str:
        """NFKC, no control characters or invisible marks, single spaces inside and none at the ends."""
        return " ".join(normalize(text.translate(self._control)).split())

    def key(self, text: str) -> str:
        """What two spellings of a sentence share: its letters, digits and symbols, casefolded."""
        return normalize(text).casefold().translate(self._letters)


class PairFilter:
    """Decides on cleaned pairs one after the other; remembers them to find duplicates.

    Args:
        cleaner: tells which spellings are the same sentence.
        max_characters: a longer side drops the pair.
        keep_copies: keep pairs whose source and target are the same text.
        held_out: validation sentences of any language. A pair with either side among them, case,
            punctuation and spacing aside, is dropped.
    """

    def __init__(
        self, cleaner: Cleaner, *, max_characters: int, keep_copies: bool, held_out: Iterable[str]
    ) -> None:
        self._cleaner = cleaner
        self._max_characters = max_characters
        self._keep_copies = keep_copies
        self._held_out = {key for text in held_out if (key := cleaner.key(text))}
        self._seen: set[tuple[Direction, str, str]] = set()

    def judge(self, languages: Direction, first: str, second: str) -> Dropped | None:
        """Why the pair is dropped, or None where it is kept.

        A duplicate is exactly the same two texts for the same two languages, whichever comes first: other
        translations of a sentence are kept.
        """
        if not first or not second:
            return Dropped.EMPTY
        if max(len(first), len(second)) > self._max_characters:
            return Dropped.TOO_MANY_CHARACTERS
        if first == second and not self._keep_copies:
            return Dropped.COPY
        if self._cleaner.key(first) in self._held_out or self._cleaner.key(second) in self._held_out:
            return Dropped.IN_VALIDATION
        (low, one), (high, other) = sorted(zip(languages, (first, second), strict=True))
        entry = ((low, high), one, other)
        if entry in self._seen:
            return Dropped.DUPLICATE
        self._seen.add(entry)
        return None


@dataclass(frozen=True)
class TokenLimits:
    """Which lengths, in tokens, a pair may have.

    Attributes:
        max_tokens: a longer side drops the pair.
        max_ratio: the longer side has at most ``max_ratio * shorter + slack`` tokens.
        slack: what lets "Danke!" stand beside "Thank you very much indeed."
    """

    max_tokens: int = 200
    max_ratio: float = 3.0
    slack: int = 10

    def judge(self, first: Int64, second: Int64) -> dict[Dropped, Bool]:
        """Which pairs are dropped and why; ``first`` and ``second`` are lengths, int64 ``[pairs]``."""
        longer, shorter = np.maximum(first, second), np.minimum(first, second)
        too_long = longer > self.max_tokens
        uneven = longer > self.max_ratio * shorter + self.slack
        return {Dropped.TOO_MANY_TOKENS: too_long, Dropped.LENGTH_RATIO: uneven & ~too_long}
