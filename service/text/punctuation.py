"""Punctuation of the width that the target language has."""

# ruff: noqa: RUF001 - full-width punctuation is the subject
from __future__ import annotations

import re

from service.text.rewriting import Edit

_HAN = "\u3400-\u9fff\U00020000-\U0003ffff"
_SENTINELS = "\U000f0000-\U0010ffff"
_WIDE = "，。！？：；（）、“”‘’《》…"
_WITH_WIDE = frozenset(["zh", "ja", "ko", "yue"])
"""Languages that have full-width punctuation of their own."""

_TO_WIDE = str.maketrans(",!?:;.", "，！？：；。")
_TO_NARROW = {
    **{"，": ",", "、": ",", "。": ".", "！": "!", "？": "?", "：": ":", "；": ";", "（": "(", "）": ")"},
    **{"「": "“", "」": "”", "『": "‘", "』": "’", "《": "“", "》": "”", "〈": "‘", "〉": "’", "～": "~"},
}

_OPENERS = "「『（《〈“‘(„«"
_ADDED = re.compile(r"(?<=[^\W\d_]{3})(?<!\betc)(?<!\busw)(?<!\bbzw)\.\s*\Z|(?<=[^\W\d_])。\s*\Z")
_MARK = re.compile(
    rf"(?<=[{_HAN}{_WIDE}{_SENTINELS}])\ ?[,!?:;]{{1,5}}\ ?|[,!?:;]\ ?(?=[{_HAN}])(?<!\d[,:]\ )(?<!\d[,:])"
    rf"|(?<=[{_HAN}])\.{{3,6}}"
    rf"|(?:(?<=[{_HAN}”’）{_SENTINELS}])|(?<=[{_HAN}][\"')]))\.(?=[\ \"”’）]|\Z)\ ?",
)
_BRACKETS = re.compile(
    rf"\(([^()]{{0,300}}[{_HAN}][^()]{{0,300}})\)|(?<=[{_HAN}])\(([^()]{{1,300}})\)(?=[{_HAN}]|\Z)"
)
_QUOTES = re.compile(rf'"([^"]{{0,300}}[{_HAN}][^"]{{0,300}})"')
_NARROWED = re.compile(f"[{re.escape(''.join(_TO_NARROW))}]")


def with_brackets(text: str, language: str) -> list[Edit]:
    """Changes that make the brackets and quotation marks around Chinese full-width, in Chinese."""
    edits = []
    for pattern, opening, closing in (
        ((_BRACKETS, "（", "）"), (_QUOTES, "“", "”")) if language == "zh" else ()
    ):
        for match in pattern.finditer(text):
            edits += [Edit(match.start(), match.start() + 1, opening)]
            edits += [Edit(match.end() - 1, match.end(), closing)]
    return edits


def with_marks(text: str, language: str) -> list[Edit]:
    """Changes that give ``text``, in ``language``, the punctuation that belongs to it.

    In Chinese a mark beside a Chinese character is full-width, and no space follows it; between Latin letters
    and in numbers it stays. In languages of other scripts no mark is full-width. French spacing and quotation
    marks are left as they are.
    """
    if language == "zh":
        return _widened(text)
    return [] if language in _WITH_WIDE else _narrowed(text)


def without_added_period(text: str, source: str) -> list[Edit]:
    """The change that takes a full stop off ``text`` that its source does not have, if it has one.

    Networks that have learnt from sentences end a heading with one, too. Abbreviations keep theirs.
    """
    added = _ADDED.search(text)
    return [Edit(*added.span(), "")] if added and source[-1:].isalnum() else []


def _widened(text: str) -> list[Edit]:
    if not re.search(f"[{_HAN}]", text):
        return []
    edits = []
    for match in _MARK.finditer(text):
        mark = match.group().strip()
        edits.append(Edit(*match.span(), "……" if mark.startswith("..") else mark.translate(_TO_WIDE)))
    return edits


def _narrowed(text: str) -> list[Edit]:
    edits = []
    for match in _NARROWED.finditer(text):
        narrow = _TO_NARROW[match.group()]
        before, after = text[: match.start()][-1:], text[match.end() : match.end() + 1]
        begins = after.isalnum() or (after != "" and after in _OPENERS)
        has_space = narrow in ",.!?:;)" and begins and not (before.isdigit() and after.isdigit())
        opens = narrow == "(" and before.isalnum()
        edits.append(Edit(*match.span(), f"{' ' if opens else ''}{narrow}{' ' if has_space else ''}"))
    return edits
