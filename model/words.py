"""The words of a text as groups of its tokens, which is what people point at."""

from __future__ import annotations

import functools
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

from model.offsets import Offsets

APOSTROPHES = "'\u2019"


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text and which of its characters each token stands for.

    Attributes:
        text: the text.
        offsets: see ``model.offsets``; without language tag and EOS.
    """

    text: str
    offsets: tuple[Offsets, ...]


class Word(NamedTuple):
    """The characters ``start .. end - 1``; ``lexical`` if there is a letter or digit among them."""

    start: int
    end: int
    lexical: bool


class Words(NamedTuple):
    """The words of a text, in order.

    Attributes:
        words: disjoint and not empty.
        of_token: the index of each token's word; -1 for a token of nothing but spaces.
    """

    words: tuple[Word, ...]
    of_token: tuple[int, ...]


def words_of(tokens: Tokens) -> Words:
    """Group ``tokens`` into words.

    Tokens belong together if they share a character, or if they touch and the characters on either side are
    letters, digits, the marks on them, or an apostrophe or decimal point between them. Every token of
    Chinese or Japanese is a word by itself, as words are not told apart in writing; so is punctuation.
    """
    text = tokens.text
    starts: list[int] = []
    ends: list[int] = []
    of_token: list[int] = []
    reached = -1
    for start, end in tokens.offsets:
        if start == end:
            of_token.append(-1)
            continue
        # Most words are begun by a space: that is seen before anything is looked up.
        if start <= reached and _joined(text, reached, start):
            ends[-1] = reached = max(reached, end)
        else:
            starts.append(start)
            ends.append(end)
            reached = end
        of_token.append(len(starts) - 1)
    words = [Word(start, end, is_lexical(text[start:end])) for start, end in zip(starts, ends, strict=True)]
    return Words(tuple(words), tuple(of_token))


def is_lexical(text: str) -> bool:
    """Whether there is a letter or a digit in ``text``."""
    return text.isalnum() or any(map(str.isalnum, text))


def _joined(text: str, end: int, start: int) -> bool:
    """Whether a token that begins at ``start`` continues the word that has reached ``end``, no less."""
    return start < end or (_spells(text, end - 1) and _spells(text, start))


def _spells(text: str, index: int) -> bool:
    """Whether the character is part of a word, or a mark between two parts of one: ``don't``, ``3.50``."""
    if _is_spelling(text[index]):
        return True
    between = text[index - 1 : index + 2] if index else ""
    if len(between) < 3 or not (_is_spelling(between[0]) and _is_spelling(between[2])):
        return False
    return between[1] in APOSTROPHES or (
        between[1] in ".,:" and between[0].isdigit() and between[2].isdigit()
    )


@functools.lru_cache(maxsize=4096)
def _is_spelling(character: str) -> bool:
    """Whether words are spelt with ``character`` and separated by something else."""
    return unicodedata.category(character)[0] in "LNM" and not _is_ideographic(character)


def _is_ideographic(character: str) -> bool:
    """Whether it is of Chinese or Japanese, which have no spaces between words; Korean has."""
    name = unicodedata.name(character, "")
    return name.startswith(("CJK ", "HIRAGANA ", "KATAKANA ", "HALFWIDTH KATAKANA "))
