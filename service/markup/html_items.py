"""HTML as items: what splits, what is untouched, and what is part of a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from service.markup.elements import HIDDEN, SPLITTING, UNTOUCHED, UNTOUCHED_WORDS, Extents, end_of_reference
from service.markup.html import html_tokens
from service.markup.items import Item, Role
from service.markup.rules import Rules
from service.markup.tags import Tag, Written
from service.markup.tokens import Kind, Token


def html_items(document: str, rules: Rules, texts: list[str]) -> Iterator[Item]:
    """The items of ``document``; every string is one.

    Args:
        document: a page or a part of one.
        rules: beyond those of HTML itself.
        texts: given the attributes to translate.
    """
    tokens = html_tokens(document)
    extents = Extents(tokens)
    position = 0
    while position < len(tokens):
        token, start = tokens[position], position
        if token.kind is Kind.START and (end := end_of_reference(tokens, start)) is not None:
            position = end
            yield Item(Role.POINT, _source(tokens[start:end]), visible=True)
        elif token.kind is Kind.START and _stays(token, rules):
            position, is_whole = extents.of(start)
            yield _untouched(tokens[start:position], is_whole, rules)
        else:
            position += 1
            extents.pass_by(token)
            yield _item(token, position == len(tokens), rules, texts)


def _item(token: Token, is_last: bool, rules: Rules, texts: list[str]) -> Item:
    """The item of a token outside of what stays."""
    if token.kind is Kind.START:
        return _start(token, rules, texts)
    if token.kind is Kind.END:
        role = Role.BREAK if _splits(token.name, rules) else Role.CLOSING
        return Item(role, token.source, name=token.name)
    if token.kind is Kind.TEXT:
        return Item(Role.TEXT, token.source, token.text)
    # What stands last may lack its own end, and must not come to stand before anything.
    return Item(Role.BREAK if is_last else Role.POINT, token.source)


def _source(tokens: Sequence[Token]) -> str:
    return "".join(token.source for token in tokens)


def _splits(name: str, rules: Rules) -> bool:
    return name in rules.splitting or (name in SPLITTING and name not in rules.non_splitting)


def _stays(token: Token, rules: Rules) -> bool:
    return (
        token.name in UNTOUCHED
        or token.name in UNTOUCHED_WORDS
        or token.name in rules.ignored
        or token.attributes.get("translate", "").strip().lower() == "no"
        or "notranslate" in token.attributes.get("class", "").split()
    )


def _untouched(tokens: Sequence[Token], is_whole: bool, rules: Rules) -> Item:
    """The item of an element that stays; one without its end must not come to stand before anything."""
    name = tokens[0].name
    source = _source(tokens)
    if _splits(name, rules) or not is_whole:
        return Item(Role.BREAK, source)
    if name in UNTOUCHED or (tokens[0].childless and name not in rules.ignored):
        return Item(Role.POINT, source, visible=name not in HIDDEN)
    text = "".join(token.text for token in tokens if token.kind is Kind.TEXT)
    return Item(Role.ATOM, source, " ".join(text.split()))


def _start(token: Token, rules: Rules, texts: list[str]) -> Item:
    source = _tag(token, rules, texts)
    if _splits(token.name, rules):
        return Item(Role.BREAK, source)
    if token.childless:
        return Item(Role.POINT, source, visible=token.name not in HIDDEN)
    return Item(Role.OPENING, source, name=token.name)


def _tag(token: Token, rules: Rules, texts: list[str]) -> Written:
    names = [name for name in token.attributes if name in rules.attributes]
    indices = {}
    for name in names:
        value = token.attributes[name]
        if value.strip():
            indices[name] = len(texts)
            texts.append(value)
    if not indices:
        return token.source
    return Tag(token.source, token.name, token.attributes, indices, token.slash)
