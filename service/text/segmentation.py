"""Text to segments and exactly back.

A text is a list of pieces whose join is the text, code point for code point. A piece is either
*translatable*, a sentence or part of one without the white space around it, or *verbatim*: separators, line
breaks, and whatever holds no letter. Translating the former and joining gives the translated text with its
layout kept.

Lines and cells, which tabs or three spaces part, never share a segment, nor do the items of a list of words.
The sign before an item of a list, and emoji and tags at either end of a sentence, are verbatim. Protected
spans are sentinels here, and never divided: see ``service.text.masking``. Within a line, ``sentencex`` finds
the sentences. Three things about its version 1.0.32 shape the code around it:

- it panics on some texts with white space outside ASCII, such as a no-break space after a single capital:
  it is shown plain spaces instead, one for one, and the text is cut by the lengths of what it returns;
- its time is quadratic in the number of opening quotation marks that are never closed, so it is shown at
  most ``SCAN_CHARACTERS`` at a time, which makes the whole linear;
- its language codes are lower case without region; any other code means general rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise

import sentencex

from service.text.cutting import cut_until
from service.text.listing import items
from service.text.masking import BLOCK, LOOSE

SCAN_CHARACTERS = 4000

_BETWEEN_CELLS = re.compile(f"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029{BLOCK}]+|[ \u00a0]{{3,}}")
_BULLET = re.compile(r"(?:\s*(?:[-*+•◦▪‣·\u2013\u2014]|[#]{1,6}|>|\(?\d{1,3}\)|[A-Za-z]\))\s+){1,3}")
_WHITE_SPACE = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
_INVISIBLE = "\x00\u200b\u200e\u200f\u2060\ufeff" + "".join(
    chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
)
_EDGES = _WHITE_SPACE + _INVISIBLE
"""What is taken off both ends of a segment, besides loose spans: white space, and marks that a network would
lose."""
_LEADING = re.compile(f"[{re.escape(_EDGES)}{LOOSE}]*")
_MOST_CHARACTERS_PER_TOKEN = 32
"""A text longer than that is cut without measuring it, which keeps a word of a megabyte cheap. Pieces of a
SentencePiece vocabulary have at most 16 characters."""
_PLAIN_SPACES = str.maketrans(dict.fromkeys(_WHITE_SPACE, " "))


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text.

    Attributes:
        text: the part, never empty.
        translatable: False for what is to be copied as it is.
    """

    text: str
    translatable: bool


def segment(text: str, language: str, split_sentences: bool = True) -> list[Piece]:
    """The sentences of ``text`` and what is between them; the join of the pieces is ``text``.

    Args:
        text: any Unicode text without lone surrogates; time is linear in its length.
        language: lower-case code of the text's language; general rules are used for an unknown one.
        split_sentences: False to leave each cell of a line whole.
    """
    pieces: list[Piece] = []
    position = 0
    for separator in _BETWEEN_CELLS.finditer(text):
        pieces += _cell(text[position : separator.start()], language, split_sentences)
        pieces += _verbatim(separator.group())
        position = separator.end()
    return [*pieces, *_cell(text[position:], language, split_sentences)]


def shorten(sentence: str, limit: int, length: Callable[[str], int]) -> list[Piece]:
    """Pieces of ``sentence``, each at most ``limit`` long; their join is ``sentence``.

    It is cut after clauses, else between words, else between characters. Only a single code point that is
    over the limit by itself stays so: nothing is ever dropped.

    Args:
        sentence: the text of a translatable piece.
        limit: greatest length of a piece, in the unit of ``length``.
        length: the length of a text, such as its number of tokens.
    """
    hopeless = limit * _MOST_CHARACTERS_PER_TOKEN
    parts = cut_until(sentence, lambda part: len(part) <= hopeless and length(part) <= limit)
    return [piece for part in parts for piece in _trimmed(part)]


def _cell(text: str, language: str, split_sentences: bool) -> list[Piece]:
    bullet = _BULLET.match(text)
    start = bullet.end() if bullet else 0
    found = chain.from_iterable(map(items, _sentences(text[start:], language)))
    parts = found if split_sentences else (text[start:],)
    return [*_verbatim(text[:start]), *[piece for part in parts for piece in _trimmed(part)]]


def _sentences(line: str, language: str) -> Iterator[str]:
    for part in cut_until(line, lambda text: len(text) <= SCAN_CHARACTERS):
        lengths = _sentence_lengths(part, language)
        bounds = pairwise(accumulate(lengths, initial=0))
        yield from (part[start:end] for start, end in bounds)


def _sentence_lengths(text: str, language: str) -> list[int]:
    try:
        found = [len(sentence) for sentence in sentencex.segment(language, text.translate(_PLAIN_SPACES))]
    except BaseException as error:
        # A panic in native code arrives outside the Exception tree. One sentence too long is better than
        # a dead worker.
        if type(error).__name__ != "PanicException":
            raise
        found = []
    return found if sum(found) == len(text) else [len(text)]


def _trimmed(text: str) -> list[Piece]:
    """``text`` without its edges as one translatable piece, the edges as verbatim ones."""
    if not any(map(str.isalpha, text)):
        return _verbatim(text)
    start = _edge(text)
    end = len(text) - _edge(text[::-1])
    return [*_verbatim(text[:start]), Piece(text[start:end], translatable=True), *_verbatim(text[end:])]


def _edge(text: str) -> int:
    """How many characters at its beginning are no part of a sentence."""
    found = _LEADING.match(text)
    return found.end() if found else 0


def _verbatim(text: str) -> list[Piece]:
    return [Piece(text, translatable=False)] if text else []
