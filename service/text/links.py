"""Addresses of pages and people in running text."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from service.text.annotated import Range

if TYPE_CHECKING:
    from linkify_it import LinkifyIt

WINDOW_CHARACTERS = 2000
"""So much of a word without a space is looked at at once: ``linkify-it`` can be quadratic in it."""

_HAN = "\u3400-\u9fff\U00020000-\U0003ffff"
_NEVER = (
    '\\s"<>\u00ab\u00bb\u2018-\u201e\u2039\u203a\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\ufffc\ue000-\uf8ff'
)
_WORD = re.compile(rf"(?:[^{_NEVER}{_HAN}]|(?<=[/=?&#_])[{_HAN}]+)+")
"""What an address may be within. Chinese is written without spaces: its characters end an address, unless a
part of the address begins with them."""
_LIKELY = re.compile(r"[\w-]\.\w|://|@|mailto:|localhost")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,30}://")
_CLOSERS = ".,;:!?'*_~|)]}"


def find_links(text: str) -> Iterator[Range]:
    """Where the addresses of ``text`` are, in order, without the punctuation of the sentence after them.

    ``linkify-it`` knows them, top-level domains included. Two rules are added: a name without scheme is one
    in lower case only ("Ende.Es ging" is a forgotten space), and any scheme with ``://`` will do.
    """
    for word in _WORD.finditer(text):
        if _LIKELY.search(text, word.start(), word.end()):
            yield from _in_word(word.group(), word.start())


def _in_word(word: str, offset: int) -> Iterator[Range]:
    if scheme := _SCHEME.search(word):
        yield Range(offset + scheme.start(), offset + scheme.start() + _length(word[scheme.start() :]))
        return
    for start in range(0, len(word), WINDOW_CHARACTERS):
        for found in _linkify().match(word[start : start + WINDOW_CHARACTERS]) or ():
            if found.raw == found.raw.lower() or found.schema == "mailto:":
                yield Range(offset + start + found.index, offset + start + found.last_index)


def _length(address: str) -> int:
    """How much of ``address``, which goes on to the end of a word, belongs to it.

    A closing bracket is the sentence's if the address opens none.
    """
    end = len(address)
    while end and address[end - 1] in _CLOSERS:
        opener = {")": "(", "]": "[", "}": "{"}.get(address[end - 1])
        if opener and address.count(opener, 0, end) >= address.count(address[end - 1], 0, end):
            break
        end -= 1
    return end


@functools.cache
def _linkify() -> LinkifyIt:
    from linkify_it import LinkifyIt  # noqa: PLC0415 - its patterns take a while

    return LinkifyIt()
