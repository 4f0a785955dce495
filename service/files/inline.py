"""Text with inline structure, as a tree.

A format turns a paragraph into nodes; ``annotate`` makes of them what a translator takes, and
``service.files.restoring`` puts what it gives back into the tree's shape. What a node stands for, such as
bold type, is known to the format alone, by the node's key.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from service.text.annotated import AnnotatedText, Mark, Range


@dataclass(frozen=True, slots=True)
class Fixed:
    """Text that comes out as it is.

    Attributes:
        text: at least one character.
        key: for the format, where it needs one.
    """

    text: str
    key: int = -1


@dataclass(frozen=True, slots=True)
class Soft:
    """A line break that may be at any space; in what is translated it is a space.

    Attributes:
        key: for the format.
    """

    key: int


@dataclass(frozen=True, slots=True)
class Tag:
    """An element around a part of the text, or at a point of it; in every translation exactly once.

    Attributes:
        key: for the format.
        children: what is inside.
    """

    key: int
    children: tuple[Node, ...] = ()


Node: TypeAlias = "str | Fixed | Soft | Tag"


def annotate(nodes: Sequence[Node]) -> AnnotatedText:
    """``nodes`` for a translator; its marks are the tags and soft breaks, numbered from 0, parents first."""
    tree = flatten(nodes)
    return AnnotatedText(tree.text, tuple(span for span, _ in tree.fixed), tuple(tree.marks))


@dataclass(slots=True)
class Flat:
    """A tree as a text and places in it.

    Attributes:
        text: all of it.
        marks: of its tags and soft breaks, parents first.
        fixed: its fixed parts, with their places.
        soft: its soft breaks, with the numbers of their marks.
    """

    text: str = ""
    marks: list[Mark] = field(default_factory=list)
    fixed: list[tuple[Range, Fixed]] = field(default_factory=list)
    soft: list[tuple[int, Soft]] = field(default_factory=list)


def flatten(nodes: Iterable[Node]) -> Flat:
    """``nodes`` in their order; the k-th mark has the number k."""
    flat, pieces, length = Flat(), list[str](), 0

    def add(text: str) -> Range:
        nonlocal length
        pieces.append(text)
        length += len(text)
        return Range(length - len(text), length)

    def visit(nodes: Iterable[Node]) -> None:
        for node in nodes:
            if isinstance(node, str):
                add(node)
            elif isinstance(node, Fixed):
                flat.fixed.append((add(node.text), node))
            else:
                mark, start = len(flat.marks), length
                flat.marks.append(Mark(mark, start, start))  # its end is not known yet
                if isinstance(node, Tag):
                    visit(node.children)
                else:
                    add(" ")
                    flat.soft.append((mark, node))
                flat.marks[mark] = Mark(mark, start, length)

    visit(nodes)
    flat.text = "".join(pieces)
    return flat
