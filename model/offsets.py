"""Which characters of a text its tokens stand for, counted in code points.

A token's range is the whole characters that it has a part in, without spaces at its beginning: the space
before a word belongs to no token. Ranges follow each other; they overlap where tokens share a character, such
as one that is spelt in bytes, and a token of nothing but spaces has an empty range after them.
"""

from __future__ import annotations

import codecs
import functools
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence

Offsets = tuple[int, int]
"""The characters ``start .. end - 1``."""
Normalize = Callable[[str], str]


def spelt(spellings: Iterable[bytes]) -> tuple[str, list[Offsets]]:
    """The text that ``spellings``, UTF-8, write together, and the range of each in it.

    A space before the text is not part of it. Bytes that are no character are U+FFFD.
    """
    spellings = list(spellings)
    parts, offsets = _parts_of_whole_characters(spellings) or _parts_of_bytes(spellings)
    text = "".join(parts)
    if not text.startswith(" "):
        return text, offsets
    return text[1:], [(start - 1 if start else 0, end - 1 if end else 0) for start, end in offsets]


def _parts_of_whole_characters(spellings: Sequence[bytes]) -> tuple[list[str], list[Offsets]] | None:
    """The text of each spelling and its range; None where one is not whole characters, which is rare."""
    parts: list[str] = []
    offsets: list[Offsets] = []
    done = 0
    for spelling in spellings:
        known = _whole(spelling)
        if known is None:
            return None
        part, spaces = known
        parts.append(part)
        offsets.append((done + spaces, done := done + len(part)))
    return parts, offsets


@functools.lru_cache(maxsize=32_768)
def _whole(spelling: bytes) -> tuple[str, int] | None:
    """The characters of ``spelling`` and how many spaces come first; None if it is not whole characters."""
    try:
        part = spelling.decode()
    except UnicodeDecodeError:
        return None
    return part, len(part) - len(part.lstrip(" "))


def _parts_of_bytes(spellings: Sequence[bytes]) -> tuple[list[str], list[Offsets]]:
    """The same where characters may be spelt by several: what is complete belongs to the last of them."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    parts: list[str] = []
    offsets: list[Offsets] = []
    done = 0  # characters
    for spelling in spellings:
        part = decoder.decode(spelling)
        begun = bool(decoder.getstate()[0])  # the next character is not complete
        spaces = len(part) - len(part.lstrip(" "))
        offsets.append((done + spaces, done + len(part) + begun))
        parts.append(part)
        done += len(part)
    return [*parts, decoder.decode(b"", final=True)], offsets


def before_normalization(text: str, offsets: Sequence[Offsets], normalize: Normalize) -> list[Offsets]:
    """``offsets`` in ``normalize(text)`` as offsets in ``text``.

    A range that holds a part of what a group of characters became gets the group: where of ``fi`` only ``i``
    is meant, it is the ligature that it was.

    Args:
        text: any text.
        offsets: in its normal form.
        normalize: NFKC, of all characters or of some.
    """
    if text == normalize(text):
        return list(offsets)
    starts, ends = _origins(text, normalize)
    # an empty range between two groups: it starts where the one ends that ended before
    return [(starts[start], max(starts[start], ends[end - 1] if end else 0)) for start, end in offsets]


def _origins(text: str, normalize: Normalize) -> tuple[list[int], list[int]]:
    """For each character of the normal form where its group starts and ends; and where a next one would."""
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for group in _groups(text, normalize):
        size = len(normalize(group))
        starts += [done] * size
        done += len(group)
        ends += [done] * size
    return [*starts, done], [*ends, done]


def _groups(text: str, normalize: Normalize) -> Iterator[str]:
    """The shortest parts of ``text`` that are normalised independently of each other.

    A part may begin with a character that is not reordered among those before it, and that the one before
    it does not absorb: composition goes from left to right, so what follows makes no difference to that.
    """
    begin = 0
    for index in range(1, len(text)):
        if _separate(text[begin:index], text[index], normalize):
            yield text[begin:index]
            begin = index
    if text:
        yield text[begin:]


def _separate(before: str, character: str, normalize: Normalize) -> bool:
    if character.isascii():
        return True
    if unicodedata.combining(unicodedata.normalize("NFKD", character)[0]):
        return False
    return normalize(before + character) == normalize(before) + normalize(character)
