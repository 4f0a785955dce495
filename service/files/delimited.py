"""Inline structure that is written as characters around text, as in Markdown and in subtitles."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from service.files.inline import Fixed, Node, Soft


@dataclass(frozen=True, slots=True)
class Delimiters:
    """How a node is written.

    Attributes:
        open: before what is inside; for a soft break, all of it.
        close: after it.
    """

    open: str
    close: str = ""


def write_nodes(
    nodes: Iterable[Node],
    delimiters: Callable[[int], Delimiters],
    escape: Callable[[str], str] = str,
) -> str:
    """``nodes`` as characters.

    Args:
        nodes: a tree, or a part of one.
        delimiters: those of a key.
        escape: from text to how it is written.
    """
    pieces: list[str] = []
    for node in nodes:
        if isinstance(node, str):
            pieces.append(escape(node))
        elif isinstance(node, Fixed):
            pieces.append(node.text)
        elif isinstance(node, Soft):
            pieces.append(delimiters(node.key).open)
        else:
            around = delimiters(node.key)
            pieces += [around.open, write_nodes(node.children, delimiters, escape), around.close]
    return "".join(pieces)
