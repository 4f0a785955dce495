"""A document as what matters to its translation, whether it was HTML or XML."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from service.markup.tags import Written


class Role(Enum):
    """What an item is.

    Attributes:
        TEXT: characters to translate.
        OPENING: the start tag of an element within a sentence.
        CLOSING: the end tag of one.
        POINT: something within a sentence that has no text: an image, a line of script, a comment.
        ATOM: an element within a sentence that stays as it is and stands for a word.
        BREAK: what ends a sentence and stays as it is: the tag of a paragraph, all of a ``pre``.
    """

    TEXT = "text"
    OPENING = "opening"
    CLOSING = "closing"
    POINT = "point"
    ATOM = "atom"
    BREAK = "break"


@dataclass(frozen=True, slots=True)
class Item:
    """A part of a document.

    Attributes:
        role: what it is.
        source: as the document has it.
        text: what is read of it, of ``TEXT`` and ``ATOM``; an atom's may be empty.
        name: of the element, of ``OPENING`` and ``CLOSING``.
        visible: whether a ``POINT`` takes up room, so that it should not come to touch a word.
    """

    role: Role
    source: Written
    text: str = ""
    name: str = ""
    visible: bool = False
