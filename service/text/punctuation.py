"""Punctuation of the width that the target language has."""

# ruff: noqa: RUF001 - full-width punctuation is the subject
from __future__ import annotations

import re
from itertools import pairwise

from service.text.rewriting import Edit

_HAN = "\u3400-\u9fff\U00020000-\U0003ffff"
_WIDE = "，。！？：；（）、“”‘’《》…"
_WITH_WIDE = frozenset(["zh", "ja", "ko", "yue"])
"""Languages that have full-width punctuation of their own."""

_TO_WIDE = {",": "，", "!": "！", "?": "？", ":": "：", ";": "；", "(": "（", ")": "）", ".": "。"}
_TO_NARROW = {
    **{"，": ",", "、": ",", "。": ".", "！": "!", "？": "?", "：": ":", "；": ";", "（": "(", "）": ")"},
    **{"「": "“", "」": "”", "『": "‘", "』": "’", "《": "“", "》": "”", "〈": "‘", "〉": "’", "～": "~"},
}

_MARK = re.compile(
    rf"(?<=[{_HAN}{_WIDE}])\ ?[,!?:;]\ ?|[,!?:;]\ ?(?=[{_HAN}])(?<!\d[,:]\ )(?<!\d[,:])"
    rf"|(?<=[{_HAN}])\.{{3,6}}|(?<=[{_HAN}”’）])\.(?=[\ \"”’）]|\Z)\ ?",
)
_BRACKETS = re.compile(
    rf"\(([^()]{{0,300}}[{_HAN}][^()]{{0,300}})\)|(?<=[{_HAN}])\(([^()]{{1,300}})\)(?=[{_HAN}]|\Z)"
)
_QUOTES = re.compile(rf'"([^"]{{0,300}}[{_HAN}][^"]{{0,300}})"')
_NARROWED = re.compile(f"[{re.escape(''.join(_TO_NARROW))}]")


def fitted(text: str, language: str) -> list[Edit]:
    """Changes that give ``text``, in ``language``, the punctuation that belongs to it.

    In Chinese a mark beside a Chinese character is full-width, and no space follows it; between Latin letters
    and in numbers it stays. In languages of other scripts no mark is full-width. French spacing and quotation
    marks are left as they are.
    """
    if language == "zh":
        return _widened(text)
    return [] if language in _WITH_WIDE else _narrowed(text)


def _widened(text: str) -> list[Edit]:
    if not re.search(f"[{_HAN}]", text):
        return []
    edits = []
    for match in _MARK.finditer(text):
        mark = match.group().strip()
        edits.append(Edit(*match.span(), "……" if mark.startswith("..") else _TO_WIDE[mark]))
    for match in _BRACKETS.finditer(text):
        edits += [Edit(match.start(), match.start() + 1, "（"), Edit(match.end() - 1, match.end(), "）")]
    for match in _QUOTES.finditer(text):
        edits += [Edit(match.start(), match.start() + 1, "“"), Edit(match.end() - 1, match.end(), "”")]
    return _disjoint(edits)


def _narrowed(text: str) -> list[Edit]:
    edits = []
    for match in _NARROWED.finditer(text):
        narrow = _TO_NARROW[match.group()]
        before, after = text[: match.start()][-1:], text[match.end() : match.end() + 1]
        has_space = narrow in ",.!?:;)" and (after.isalnum() and not (before.isdigit() and after.isdigit()))
        opens = narrow == "(" and before.isalnum()
        edits.append(Edit(*match.span(), f"{' ' if opens else ''}{narrow}{' ' if has_space else ''}"))
    return edits


def _disjoint(edits: list[Edit]) -> list[Edit]:
    ordered = sorted(edits)
    clashing = {right for left, right in pairwise(ordered) if left.end > right.start}
    return [edit for edit in ordered if edit not in clashing]
