"""What a document consists of, as its parser sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """What a token is.

    Attributes:
        TEXT: characters.
        START: a start tag.
        END: an end tag.
        OTHER: a comment, a processing instruction, a document type, or what a parser ignores.
    """

    TEXT = "text"
    START = "start"
    END = "end"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Token:
    """A part of a document; the sources of all its tokens, joined, are the document.

    Attributes:
        kind: what it is.
        source: as the document has it.
        name: of a tag; lower case in HTML.
        text: of ``TEXT``, its character references resolved.
        attributes: of a ``START``, likewise, in their order.
        slash: a ``START`` ends in one, as ``<br/>`` does.
        childless: a ``START`` that is the whole element: ``<br>`` in HTML, ``<br/>`` in both.
    """

    kind: Kind
    source: str
    name: str = ""
    text: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    slash: bool = False
    childless: bool = False


class MarkupError(ValueError):
    """A document cannot be read; the message says where and why, and holds none of it."""
