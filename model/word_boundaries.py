"""Which tokens may follow a whole word."""

from __future__ import annotations

from model.tokenizer import Tokenizer
from model.vocabulary import SPACE_SYMBOL

_UNSPACED = (
    ("\u0e00", "\u0eff"),  # Thai, Lao
    ("\u1000", "\u109f"),  # Burmese
    ("\u1780", "\u17ff"),  # Khmer
    ("\u3040", "\u30ff"),  # Hiragana, Katakana
    ("\u3400", "\u4dbf"),  # Chinese characters
    ("\u4e00", "\u9fff"),
    ("\uf900", "\ufaff"),
    ("\U00020000", "\U0003ffff"),
)


def is_unspaced(character: str) -> bool:
    """Whether ``character`` is of a script that puts no spaces between words."""
    return any(first <= character <= last for first, last in _UNSPACED)


def word_boundaries(tokenizer: Tokenizer) -> frozenset[int]:
    """The tokens after which the word before them is seen to be complete.

    They begin with a space, with what is neither letter nor digit, or with a character of a script without
    spaces. Control symbols and single bytes are none.
    """
    pieces = tokenizer.pieces(range(tokenizer.vocabulary_size))
    return frozenset(token for token, piece in enumerate(pieces) if _is_boundary(piece))


def _is_boundary(piece: str) -> bool:
    if piece.startswith("<") and piece.endswith(">") and len(piece) > 1:  # <pad>, <2de>, <0x41>
        return False
    first = piece[:1]
    return first == SPACE_SYMBOL or is_unspaced(first) or not (first.isalnum() or first == "_")
