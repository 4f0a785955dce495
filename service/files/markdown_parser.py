"""Inline Markdown with the places of its elements, which markdown-it itself does not tell.

Each of its inline rules is surrounded by one that notes where it began and ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

Rule = Callable[[StateInline, bool], bool]

_PLACE = "place"
_DELIMITING = ("emphasis", "strikethrough")
"""Rules that push text, some of which becomes the beginnings and ends of elements afterwards."""
_WIDER = {"strong_open": (-1, 0), "strong_close": (0, 1)}
"""Two tokens of one character each become one element; its token is the inner one."""
_TEXT = ("text", "text_special", "softbreak")


@dataclass(frozen=True, slots=True)
class Element:
    """A token that is not text.

    Attributes:
        kind: markdown-it's type of the token.
        start: its first character.
        end: the one after its last.
        token: all about it.
    """

    kind: str
    start: int
    end: int
    token: Token


def make_parser() -> MarkdownIt:
    """CommonMark with tables, strikethrough and footnotes; text is left unparsed until ``parse_inline``."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    footnote_plugin(parser, inline=False)
    parser.disable(["inline", "text_join", "footnote_tail"])
    names = parser.get_active_rules()["inline"]
    for name, rule in zip(names, parser.inline.ruler.getRules(""), strict=True):
        parser.inline.ruler.at(name, _noting(name, rule))
    return parser


def parse_inline(parser: MarkdownIt, content: str, env: dict[str, Any]) -> list[Element]:
    """The elements of ``content``, in its order.

    Args:
        parser: from ``make_parser``.
        content: the text of a paragraph, a heading or a cell.
        env: what the parser has found out about the document: reference definitions.
    """
    return sorted(_elements(parser.inline.parse(content, parser, env, [])), key=lambda one: one.start)


def signature(parser: MarkdownIt, content: str, env: dict[str, Any]) -> list[tuple[str, ...]]:
    """What is in ``content`` besides text, in no particular order: equal for equal structure."""
    found: list[tuple[str, ...]] = []
    for token in parser.inline.parse(content, parser, env, []):
        if token.type in _TEXT:
            continue
        inside = token.content if token.type in ("code_inline", "html_inline") else ""
        found.append(
            (token.type, inside, *(f"{name}={value}" for name, value in token.attrs.items() if name != "alt"))
        )
    return sorted(found)


def _elements(tokens: list[Token]) -> Iterator[Element]:
    for token in tokens:
        place = token.meta.get(_PLACE)
        if place is None or token.type == "text":
            continue
        before, after = _WIDER.get(token.type, (0, 0))
        yield Element(token.type, place[0] + before, place[1] + after, token)


def _noting(name: str, rule: Rule) -> Rule:
    def noting(state: StateInline, silent: bool) -> bool:
        start, count, pending = state.pos, len(state.tokens), bool(state.pending)
        label_end = _label_end(state) if name == "link" and not silent else None
        if not rule(state, silent):
            return False
        if not silent:
            new = state.tokens[count:]
            if name in _DELIMITING:
                _note_delimiters(new[1:] if pending else new, start)
            elif name == "link":
                _note_link(new, start, label_end or start, state.pos)
            elif name == "autolink":
                _note(next(token for token in new if token.type == "link_open"), start, state.pos)
            else:
                for token in new:
                    if token.type != "text":
                        _note(token, start, state.pos)
        return True

    return noting


def _note(token: Token, start: int, end: int) -> None:
    token.meta.setdefault(_PLACE, (start, end))


def _note_delimiters(tokens: list[Token], start: int) -> None:
    for token in tokens:
        end = start + len(token.content)
        _note(token, start, end)
        start = end


def _label_end(state: StateInline) -> int | None:
    if state.src[state.pos] != "[":
        return None
    end: int = state.md.helpers.parseLinkLabel(state, state.pos, True)
    return end


def _note_link(tokens: list[Token], start: int, label_end: int, end: int) -> None:
    first = next(token for token in tokens if token.type == "link_open" and _PLACE not in token.meta)
    _note(first, start, start + 1)
    _note(tokens[-1], label_end, end)
