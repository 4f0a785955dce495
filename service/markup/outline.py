"""Which elements of an XML document end a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.markup.rules import Rules
from service.markup.tokens import Kind, Token


@dataclass(slots=True)
class _Open:
    """An element not yet ended: the index of its start tag, whether it splits, whether text is in it."""

    index: int
    has_text: bool = False


def splitting(tokens: Sequence[Token], rules: Rules) -> set[int]:
    """The indices of the start tags of elements that end a sentence, where they begin and where they end.

    An element among text is part of a sentence, and so is what is in it; one among elements only is part
    of the structure. ``rules`` can say otherwise of an element's name, or of all that it does not name.
    """
    parents = _parents(tokens)
    found: set[int] = set()
    for index, parent in parents.items():
        name = tokens[index].name
        is_structure = rules.outline and not parent.has_text and (parent.index < 0 or parent.index in found)
        if name in rules.splitting or (is_structure and name not in rules.non_splitting):
            found.add(index)
    return found


def _parents(tokens: Sequence[Token]) -> dict[int, _Open]:
    """For each start tag's index, in order, the element that it is in; all of them have ended."""
    parents: dict[int, _Open] = {}
    stack = [_Open(-1)]
    for index, token in enumerate(tokens):
        if token.kind is Kind.TEXT:
            stack[-1].has_text |= bool(token.text.strip())
        elif token.kind is Kind.START:
            parents[index] = stack[-1]
            if not token.childless:
                stack.append(_Open(index))
        elif token.kind is Kind.END:
            stack.pop()
    return parents
