"""XML as items: what splits is told by its outline, and by the request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from service.markup.items import Item, Role
from service.markup.outline import splitting
from service.markup.rules import Rules
from service.markup.tokens import Kind, Token
from service.markup.xml import xml_tokens


def xml_items(document: str, rules: Rules) -> Iterator[Item]:
    """The items of ``document``.

    Raises:
        MarkupError: see ``xml_tokens``.
    """
    tokens = xml_tokens(document)
    splits = splitting(tokens, rules)
    open_splits: list[bool] = []
    position = 0
    while position < len(tokens):
        token, index = tokens[position], position
        position += 1
        if token.kind is Kind.START and token.name in rules.ignored:
            position = _end_of(tokens, index)
            yield _ignored(tokens[index:position], index in splits)
        elif token.kind is Kind.START:
            yield _start(token, index in splits)
            if not token.childless:
                open_splits.append(index in splits)
        elif token.kind is Kind.END:
            role = Role.BREAK if open_splits.pop() else Role.CLOSING
            yield Item(role, token.source, name=token.name)
        elif token.kind is Kind.TEXT:
            yield Item(Role.TEXT, token.source, token.text)
        else:
            yield Item(Role.POINT, token.source)


def _start(token: Token, splits: bool) -> Item:
    if splits:
        return Item(Role.BREAK, token.source)
    if token.childless:
        return Item(Role.POINT, token.source, visible=True)
    return Item(Role.OPENING, token.source, name=token.name)


def _ignored(tokens: Sequence[Token], splits: bool) -> Item:
    source = "".join(token.source for token in tokens)
    if splits:
        return Item(Role.BREAK, source)
    return Item(Role.ATOM, source, "".join(token.text for token in tokens))


def _end_of(tokens: Sequence[Token], start: int) -> int:
    """The index after the last token of the element that begins at ``start``."""
    if tokens[start].childless:
        return start + 1
    depth = 0
    for index in range(start, len(tokens)):
        token = tokens[index]
        if token.kind is Kind.START and not token.childless:
            depth += 1
        elif token.kind is Kind.END:
            depth -= 1
            if depth == 0:
                return index + 1
    raise AssertionError("a well-formed document ends its elements")
