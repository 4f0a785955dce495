"""A stretch of running text with its inline elements, between two breaks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from service.markup.tags import Written
from service.text.annotated import AnnotatedText


class Shape(Enum):
    """What an inline thing is to the text around it.

    Attributes:
        ELEMENT: a pair of tags around some of it, or around nothing.
        POINT: something visible between two characters, such as an image.
        FIXED: something that is not to be seen and keeps its order among others like it: a comment, a
            script, a tag whose partner is in another block or nowhere.
        ATOM: an untouched element that stands for a word.
    """

    ELEMENT = "element"
    POINT = "point"
    FIXED = "fixed"
    ATOM = "atom"


@dataclass(frozen=True, slots=True)
class Node:
    """An inline thing.

    Attributes:
        shape: what it is.
        opening: all of it; of an element its start tag.
        closing: the end tag of an element.
        parent: the index of the element that it is in, or -1.
        mark: the id of the mark in the block's text that says where it is; nodes of one range share one.
        apart: of a point, or an element around nothing: whether it stands apart from what is before it, and
            from what is after it.
    """

    shape: Shape
    opening: Written
    closing: Written
    parent: int
    mark: int
    apart: tuple[bool, bool] = (False, False)


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of text to translate.

    Attributes:
        source: all of it as the document has it.
        lead: the white space before the text.
        tail: the white space behind it.
        nodes: its inline things in the order of the document, so that parents come before their children.
        text: what is to be translated: atoms are protected, and every range of a node is marked.
    """

    source: tuple[Written, ...]
    lead: str
    tail: str
    nodes: tuple[Node, ...]
    text: AnnotatedText
