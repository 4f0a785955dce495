"""What of a text is to be copied, not translated.

Addresses of pages and people, emoji and other symbols, numbers with units, variables of message formats,
tags, hashtags, mentions, code, paths, versions and private-use characters are known by their look; the caller
may name further ranges. All of it is pure, and linear in the text's length: every pattern is bounded.

Numbers are a matter of judgement (decision 13). Copied are those that mean the same in every language: whole
numbers of three digits or more, dates, times, versions, and whatever has a unit or a currency with it. Left
to the network are one or two digits, which grammar depends on ("1 Hund", "am 3. Mai"), and plain decimals,
whose comma is another language's point.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import chain

import emoji

from service.text.annotated import Range, merged
from service.text.links import find_links
from service.text.span_patterns import ANY, CODE, NUMBER, QUANTITY, SYMBOL, TAG

_FENCE = re.compile(r"^[ \t]{0,3}(?P<mark>```|~~~)(?P<info>[^`\n]{0,100})$", re.MULTILINE)
_MAY_BE_EMOJI = re.compile("[\u00a9\u00ae\u203c-\u2fff\u3030\u303d\u3297\u3299\U0001f000-\U0001ffff]")
"""A character that each emoji holds one of; most texts have none, and are not looked at further."""


class Kind(Enum):
    """What a span is to the sentence around it.

    Attributes:
        WORD: part of the sentence, as a name would be: an address, a variable, a number.
        LOOSE: no part of its grammar: an emoji, a tag. A sentence can do without it.
        BLOCK: not even part of the line: it holds line breaks, so sentences end before it.
    """

    WORD = "word"
    LOOSE = "loose"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Span:
    """Characters that are copied as they are.

    Attributes:
        range: where they are in the text.
        text: themselves.
        kind: what they are.
        found: by their look; False if the caller named them.
    """

    range: Range
    text: str
    kind: Kind
    found: bool


def find_spans(text: str, protected: Sequence[Range] = ()) -> list[Span]:
    """The spans of ``text`` in order, disjoint.

    What overlaps is one span, and so is what is found side by side, such as several emoji. Where the caller's
    ranges touch each other they stay apart.

    Args:
        text: any Unicode text without lone surrogates.
        protected: ranges that are spans whatever they look like; none is empty.
    """
    found = _find(text) if ANY.search(text) else []
    if not protected:
        return [_span(text, one, kind, found=True) for one, kind in found]
    return _with_protected(text, found, merged(protected))


Found = tuple[Range, Kind]


def _find(text: str) -> list[Found]:
    """What is known by its look, in order, disjoint."""
    loose = [(one, Kind.LOOSE) for one in chain(_emoji(text), _matches(SYMBOL, text), _matches(TAG, text))]
    patterns = [_matches(pattern, text) for pattern in (CODE, NUMBER, QUANTITY)]
    words = [(one, Kind.WORD) for one in chain(find_links(text), _fenced(text), *patterns)]
    return _joined(sorted([*loose, *words], key=lambda item: (item[0].start, -item[0].end)))


def _joined(found: Sequence[Found]) -> list[Found]:
    """``found``, which is sorted, with what overlaps or touches as one; loose if its outermost parts are."""
    result: list[Found] = []
    for one, kind in found:
        if not result or one.start > result[-1][0].end:
            result.append((one, kind))
        elif one.end > result[-1][0].end:
            last, last_kind = result.pop()
            result.append((Range(last.start, one.end), kind if kind is last_kind else Kind.WORD))
    return result


def _with_protected(text: str, found: Sequence[Found], protected: Sequence[Range]) -> list[Span]:
    """What the caller names, enlarged by what was found across its edges, and the rest of what was found."""
    named = set(protected)
    kinds = dict(found)
    result: list[Span] = []
    for group in _overlapping(sorted([*protected, *[one for one, _ in found]])):
        whole = Range(group[0].start, max(one.end for one in group))
        found_only = named.isdisjoint(group)
        result.append(_span(text, whole, kinds[whole] if found_only else Kind.WORD, found=found_only))
    return result


def _overlapping(ranges: Sequence[Range]) -> Iterator[list[Range]]:
    """``ranges``, which are sorted, in groups that do not overlap one another."""
    group: list[Range] = []
    end = 0
    for one in ranges:
        if group and one.start >= end:
            yield group
            group = []
        group.append(one)
        end = max(end, one.end)
    if group:
        yield group


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[Range]:
    return (Range(*match.span()) for match in pattern.finditer(text))


def _fenced(text: str) -> Iterator[Range]:
    """Blocks of code between lines of three backticks or tildes, those lines included."""
    opening: re.Match[str] | None = None
    for fence in _FENCE.finditer(text):
        if opening is None:
            opening = fence
        elif fence["mark"] == opening["mark"] and not fence["info"].strip():
            yield Range(opening.start("mark"), fence.end())
            opening = None


def _emoji(text: str) -> Iterator[Range]:
    if _MAY_BE_EMOJI.search(text):
        for token in emoji.analyze(text):
            match = token.value
            if isinstance(match, emoji.EmojiMatch):
                yield Range(match.start, match.end)


def _span(text: str, where: Range, kind: Kind, *, found: bool) -> Span:
    content = text[where.start : where.end]
    return Span(where, content, Kind.BLOCK if len(content.splitlines()) > 1 else kind, found)
