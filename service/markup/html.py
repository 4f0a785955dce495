"""HTML as tokens, by a tokenizer that follows the WHATWG standard."""

from __future__ import annotations

import re
from collections.abc import Iterator

import turbohtml
from turbohtml import TokenType

from service.markup.elements import VOID
from service.markup.tokens import Kind, Token

_LINE_BREAK = re.compile("\r\n?|\n")
_KINDS = {TokenType.TEXT: Kind.TEXT, TokenType.START_TAG: Kind.START, TokenType.END_TAG: Kind.END}


def html_tokens(document: str) -> list[Token]:
    """The tokens of ``document``; every string is one. Time is linear in its length.

    What a browser drops, such as ``</>`` or a tag that the end of the document cuts off, is ``OTHER``; so is
    a comment.
    """
    return list(_tokens(document, list(turbohtml.tokenize(document, capture_source=True))))


def _tokens(document: str, found: list[turbohtml.Token]) -> Iterator[Token]:
    lines = _line_starts(document)
    starts = [lines[one.line - 1] + one.col for one in found]
    position = 0
    for one, start, following in zip(found, starts, [*starts, len(document)][1:], strict=True):
        if start > position:
            yield Token(Kind.OTHER, document[position:start])
        position = following if one.type == TokenType.TEXT else _end_of(one, start, lines)
        yield _token(one, document[start:position])
    if position < len(document):
        yield Token(Kind.OTHER, document[position:])


def _token(found: turbohtml.Token, source: str) -> Token:
    kind = _KINDS.get(found.type, Kind.OTHER)
    if kind is Kind.TEXT:
        return Token(kind, source, text=(found.data or "").replace("\x00", ""))  # as a browser does
    name = found.tag or ""
    slash = kind is Kind.START and found.self_closing
    childless = kind is Kind.START and (name in VOID or slash)
    return Token(kind, source, name, "", dict(found.attrs or ()), slash, childless)


def _line_starts(document: str) -> list[int]:
    """Where each line begins, as the tokenizer counts them."""
    return [0, *(found.end() for found in _LINE_BREAK.finditer(document))]


def _end_of(token: turbohtml.Token, start: int, lines: list[int]) -> int:
    """Where ``token`` ends, whose source has LF for each line break."""
    source = token.source or ""
    breaks = source.count("\n")
    if not breaks:
        return start + len(source)
    return lines[token.line - 1 + breaks] + len(source) - source.rindex("\n") - 1
