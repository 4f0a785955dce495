"""The white space around protected spans in a translation."""

from __future__ import annotations

import re
from collections.abc import Iterable

from service.text.locating import Located
from service.text.masking import SENTINEL
from service.text.rewriting import Edit, Rewriting, rewrite

_HAN = re.compile("[\u2e80-\u9fff\uff00-\uffef\U00020000-\U0003ffff]")
_CLOSERS = ".,;:!?)]}…"
_EDGES = re.compile(r"\A\s+|\s+\Z")
_RUNS = re.compile(r"\s{2,}")


def put_in(text: str, located: Iterable[Located], segment: str) -> Rewriting:
    """``text`` with sentinels at their places, and spaces where they are missing next to them.

    A sentinel gets a space between itself and a letter, a digit, or another one, unless it had none there in
    ``segment``, and between itself and punctuation that belongs to what stands before it. Chinese has no
    spaces anywhere.

    Args:
        text: a translation.
        located: the place of each sentinel, and what is to be removed.
        segment: what was translated, with sentinels.
    """
    ordered = sorted(located, key=lambda one: one.target)
    edits = []
    for index, one in enumerate(ordered):
        left = _left(text, one, ordered[index - 1] if index else None)
        right = _right(text, one, ordered[index + 1] if index + 1 < len(ordered) else None)
        if one.sentinel:
            edits.append(Edit(one.target.start, one.target.end, _spaced(one.sentinel, left, right, segment)))
        else:  # the space before it goes along
            edits.append(Edit(len(text[: one.target.start].rstrip()), one.target.end, ""))
    return rewrite(text, edits)


def tidy(text: str) -> list[Edit]:
    """Changes after which no white space is at either end, or doubled within; none if that is so already."""
    ends = [Edit(*match.span(), "") for match in _EDGES.finditer(text)]
    inside = (match for match in _RUNS.finditer(text) if match.start() > 0 and match.end() < len(text))
    return [*ends, *[Edit(*match.span(), " ") for match in inside]]


def _left(text: str, one: Located, neighbour: Located | None) -> str:
    """What comes before: a character, a sentinel, or nothing."""
    if neighbour and neighbour.target.end == one.target.start:
        return neighbour.sentinel
    return text[: one.target.start][-1:]


def _right(text: str, one: Located, neighbour: Located | None) -> str:
    """What comes after, unless it is another sentinel, which sees to it itself."""
    if neighbour and neighbour.target.start == one.target.end:
        return ""
    return text[one.target.end : one.target.end + 1]


def _spaced(sentinel: str, left: str, right: str, segment: str) -> str:
    place = segment.index(sentinel)
    before, after = segment[:place][-1:], segment[place + 1 : place + 2]
    has_left = (_is_word(left) or (left and left in _CLOSERS)) and not _is_word(before)
    has_right = _is_word(right) and not _is_word(after)
    return f"{' ' if has_left else ''}{sentinel}{' ' if has_right else ''}"


def _is_word(character: str) -> bool:
    """Whether it is spelt with spaces around it."""
    if SENTINEL.fullmatch(character):
        return True
    return character.isalnum() and not _HAN.fullmatch(character)
