"""What HTML says about its elements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from service.markup.tokens import Kind, Token


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


VOID = _names(
    "area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr"
)
"""Elements that have no end tag."""

SPLITTING = _names(
    """
    address article aside audio blockquote body br button canvas caption center col colgroup datalist dd
    details dialog dir div dl dt fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6
    head header hgroup hr html legend li listing main menu menuitem nav object ol optgroup option p
    plaintext pre search section select summary table tbody td template tfoot th thead title tr ul video
    xmp
    """
)
"""Elements whose tags end a sentence."""

RAW = _names("iframe noembed noframes noscript plaintext script style textarea title xmp")
"""Elements in which there are no tags."""

FOREIGN = _names("math svg")
"""Elements in which other rules apply than those of HTML."""

UNTOUCHED = (RAW | FOREIGN | _names("listing pre")) - {"title"}
"""Elements that are left alone and are no part of a sentence."""

UNTOUCHED_WORDS = _names("code kbd samp")
"""Elements that are left alone, and stand for a word of their sentence."""

HIDDEN = _names("area base link meta noscript param script source style track wbr")
"""Elements that take up no room."""

_RAISED = _names("sub sup")
_MOST_TOKENS_OF_A_REFERENCE = 8

_TABLE_PARTS = _names("tbody tfoot thead")
_CELL_ENDS = _names("td th tr") | _TABLE_PARTS
_AFTER_PARAGRAPH = _names(
    """
    address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer
    form h1 h2 h3 h4 h5 h6 header hgroup hr li dd dt listing main menu nav ol p plaintext pre search section
    summary table ul xmp
    """
)
_ENDED_BY = {
    "p": _AFTER_PARAGRAPH,
    "li": _names("li"),
    "dt": _names("dd dt"),
    "dd": _names("dd dt"),
    "option": _names("optgroup option"),
    "optgroup": _names("optgroup"),
    "td": _CELL_ENDS,
    "th": _CELL_ENDS,
    "tr": _names("tr") | _TABLE_PARTS,
    "tbody": _TABLE_PARTS,
    "tfoot": _TABLE_PARTS,
    "thead": _TABLE_PARTS,
}
"""Elements that may lack an end tag, and the start tags that end them."""


def end_of_reference(tokens: Sequence[Token], start: int) -> int | None:
    """The index after the ``sup`` or ``sub`` that begins at ``start``, if there is no letter in it.

    None for anything else, and for one that does not end within a few tokens.
    """
    if tokens[start].name not in _RAISED:
        return None
    inside: list[str] = []
    for index in range(start, min(start + _MOST_TOKENS_OF_A_REFERENCE, len(tokens))):
        token = tokens[index]
        if any(map(str.isalpha, token.text)):
            return None
        if token.kind is Kind.START and not token.childless:
            inside.append(token.name)
        elif token.kind is Kind.END and inside.pop() != token.name:
            return None
        if not inside:
            return index + 1
    return None


class _Inside:
    """The elements that are open within another."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._counts = Counter[str]()

    def has(self, name: str) -> bool:
        return self._counts[name] > 0

    @property
    def splits(self) -> bool:
        return any(self._counts[name] for name in SPLITTING)

    def open(self, name: str) -> None:
        self._names.append(name)
        self._counts[name] += 1

    def close(self, name: str) -> None:
        """The innermost one called ``name``, and all within it."""
        last = ""
        while last != name:
            last = self._names.pop()
            self._counts[last] -= 1


class Extents:
    """Knows how far elements reach; told of all tags outside those that it was asked about.

    Args:
        tokens: of the document.
    """

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._outside = Counter[str]()

    def pass_by(self, token: Token) -> None:
        """Count ``token``, which is outside."""
        if token.kind is Kind.START and not token.childless:
            self._outside[token.name] += 1
        elif token.kind is Kind.END and self._outside[token.name]:
            self._outside[token.name] -= 1

    def of(self, start: int) -> tuple[int, bool]:
        """The index after the last token of the element that begins at ``start``, and whether it is whole.

        It ends with its end tag, and is whole; or before a start tag that implies it, before the end of an
        element around it, or with the document. Where foreign elements hold what cannot be told from tags
        without knowing their rules, it is the end of the document: better untranslated than mistaken.
        """
        first = self._tokens[start]
        if first.childless:
            return start + 1, True
        inside = _Inside()
        for index in range(start + 1, len(self._tokens)):
            token = self._tokens[index]
            if first.name in FOREIGN and _is_ambiguous(self._tokens[index - 1], token):
                break
            if token.kind is Kind.END and inside.has(token.name):
                inside.close(token.name)
            elif token.kind is Kind.END and token.name == first.name:
                return index + 1, True
            elif self._ends(token, first, inside):
                return index, False
            elif token.kind is Kind.START and not token.childless:
                inside.open(token.name)
        return len(self._tokens), False

    def _ends(self, token: Token, first: Token, inside: _Inside) -> bool:
        """Whether ``token`` ends the element that ``first`` begins, without being its end tag."""
        if token.kind is Kind.END:
            return self._outside[token.name] > 0
        implies = token.kind is Kind.START and token.name in _ENDED_BY.get(first.name, ())
        return implies and not inside.splits


def _is_ambiguous(before: Token, token: Token) -> bool:
    if token.kind is Kind.TEXT:
        return before.kind is Kind.START and before.name in RAW and "<" in token.source
    return (
        token.kind is Kind.OTHER and token.source.startswith("<![CDATA[") and not token.source.endswith("]]>")
    )
