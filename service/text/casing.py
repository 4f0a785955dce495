"""Capitals that are a style, not a spelling: taken off before translation, and given back after it.

A network has seen sentences. Given "DAS HAUS IST GRÜN" or "Neue Regeln Für Radfahrer" it reads names and
abbreviations, so it is shown the words as running text has them (``service.text.truecasing``), and the
translation gets the style of the original. What is no style stays: acronyms among other words, German nouns,
names.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from service.text.rewriting import Edit
from service.text.truecasing import Truecaser, capitalized

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_AFTER_SPAN = re.compile(rf"[^\w\U000f0000-\U0010ffff]*[\U000f0000-\U0010ffff]\s+(?P<word>{_WORD.pattern})")
_LONE_CAPITALS = 4
"""A single word of capitals with fewer letters is taken for an acronym."""
_TITLE_WORDS = 3
"""A heading with fewer words is taken for a name."""
_SMALL_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "as",
        "at",
        "but",
        "by",
        "for",
        "from",
        "in",
        "nor",
        "of",
        "on",
        "or",
        "the",
        "to",
        "with",
    ]
)
"""English words that headings have in small letters, but for the first and the last one."""
_TITLE_LANGUAGES = frozenset(["en"])
"""The languages whose headings are written with capitals throughout."""

# Differences of log-probabilities between a word with and without a capital; natural logarithms.
_SURELY = 7.0
_LIKELY = 5.0
_HARDLY = 3.0


class Style(Enum):
    """What the capitals of a segment mean.

    Attributes:
        SENTENCE: nothing.
        CAPITALS: it is in capitals throughout.
        TITLE: it is a heading, with a capital on every word.
        SMALL: it has no capitals at all.
    """

    SENTENCE = "sentence"
    CAPITALS = "capitals"
    TITLE = "title"
    SMALL = "small"


class Initial(Enum):
    """What the beginning of a segment asks of its translation.

    Attributes:
        CAPITAL: a capital at its beginning.
        SMALL: a small letter.
        SPAN: a small letter after a protected span at its beginning, which the sentence goes on from.
        OPEN: nothing.
    """

    CAPITAL = "capital"
    SMALL = "small"
    SPAN = "span"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Casing:
    """The style of a sentence and its first letter."""

    style: Style
    initial: Initial

    def of_rest(self, text: str) -> Casing:
        """That of ``text``, a part of the sentence, but not its beginning: a capital there means nothing."""
        initial = _initial(text)
        return Casing(self.style, Initial.OPEN if initial is Initial.CAPITAL else initial)


def casing_of(sentence: str, truecaser: Truecaser) -> Casing:
    """The casing of ``sentence``, whose sentinels have none."""
    return Casing(_style(sentence, _WORD.findall(sentence), truecaser), _initial(sentence))


def to_running_text(segment: str, casing: Casing, truecaser: Truecaser) -> list[Edit]:
    """Changes that make running text of ``segment``; none if it is."""
    respell: dict[Style, Callable[[str], str]] = {
        Style.CAPITALS: truecaser.of_capitals,
        Style.TITLE: lambda word: word.lower() if _is_ordinary(word, truecaser) else word,
        Style.SMALL: lambda word: capitalized(word) if truecaser.prefers_capital(word, _LIKELY) else word,
    }
    if casing.style is Style.SENTENCE:
        return []
    edits = _respelt(segment, respell[casing.style])
    return edits if casing.style is Style.SMALL else _with_capital(segment, edits)


def from_running_text(text: str, casing: Casing, language: str, truecaser: Truecaser) -> list[Edit]:
    """Changes that give ``text``, a translation into ``language``, the casing of its source."""
    if casing.style is Style.CAPITALS:
        return _respelt(text, str.upper)
    if casing.style is Style.TITLE and language in _TITLE_LANGUAGES:
        return _as_title(text)
    return _with_initial(text, casing.initial, truecaser)


def _style(segment: str, words: list[str], truecaser: Truecaser) -> Style:
    cased = [word for word in words if word != word.swapcase()]
    if not cased:
        return Style.SENTENCE
    if all(map(str.isupper, cased)):
        is_style = _is_long(cased) and any(truecaser.of_capitals(word) != word for word in cased)
        return Style.CAPITALS if is_style else Style.SENTENCE
    if all(map(str.islower, cased)):
        return Style.SMALL
    return Style.TITLE if _is_title(segment, cased, truecaser) else Style.SENTENCE


def _is_long(words: list[str]) -> bool:
    return len([word for word in words if len(word) > 1]) > 1 or len(words[0]) >= _LONE_CAPITALS


def _is_title(segment: str, words: list[str], truecaser: Truecaser) -> bool:
    """Whether each word has a capital, and most of them would not have one in running text."""
    if len(words) < _TITLE_WORDS or segment.rstrip().endswith((".", "!", ";", ",")):
        return False
    if not all(word[0].isupper() or word in _SMALL_WORDS for word in words):
        return False
    rest = [word for word in words[1:] if word[0].isupper()]
    ordinary = [word for word in rest if _is_ordinary(word, truecaser)]
    return len(rest) > 1 and 2 * len(ordinary) >= len(rest)


def _is_ordinary(word: str, truecaser: Truecaser) -> bool:
    """Whether ``word`` has a capital here, and would have none in running text."""
    margin = 0.0 if truecaser.is_known_lower(word) else _SURELY
    return not any(map(str.isupper, word[1:])) and truecaser.prefers_lower(word, margin)


def _initial(segment: str) -> Initial:
    following = _AFTER_SPAN.match(segment)
    if following:
        return Initial.SPAN if following["word"].islower() else Initial.OPEN
    first = _first_word(segment)
    if first is None:
        return Initial.OPEN
    word = first.group()
    if word[0].isupper():
        return Initial.CAPITAL
    return Initial.SMALL if word.islower() else Initial.OPEN


def _first_word(text: str) -> re.Match[str] | None:
    """The first word, unless a digit, a protected span or a letter without case comes first."""
    match = _WORD.search(text)
    if match is None or match.group()[0] == match.group()[0].swapcase():
        return None
    before = text[: match.start()]
    return None if any(one.isalnum() or ord(one) > 0xEFFFF for one in before) else match


def _respelt(text: str, respell: Callable[[str], str]) -> list[Edit]:
    pairs = [(match, respell(match.group())) for match in _WORD.finditer(text)]
    return [Edit(*match.span(), new) for match, new in pairs if new != match.group()]


def _with_capital(text: str, edits: list[Edit]) -> list[Edit]:
    """``edits``, which may take the capital of the first word, without doing so."""
    first = _first_word(text)
    if first is None or not edits or edits[0].start != first.start():
        return edits
    return [Edit(edits[0].start, edits[0].end, _capital(edits[0].text)), *edits[1:]]


def _as_title(text: str) -> list[Edit]:
    matches = list(_WORD.finditer(text))
    kept = {index for index, match in enumerate(matches) if match.group() in _SMALL_WORDS}
    kept -= {0, len(matches) - 1}
    pairs = [(match, _capital(match.group())) for index, match in enumerate(matches) if index not in kept]
    return [Edit(*match.span(), new) for match, new in pairs if new != match.group()]


def _with_initial(text: str, initial: Initial, truecaser: Truecaser) -> list[Edit]:
    if initial is Initial.SPAN:
        following = _AFTER_SPAN.match(text)
        place = following.span("word") if following else None
    else:
        first = _first_word(text)
        place = first.span() if first else None
    if place is None or initial is Initial.OPEN:
        return []
    word = text[slice(*place)]
    if initial is Initial.CAPITAL:
        new = _capital(word) if word.islower() else word
    else:
        new = _without_capital(word, truecaser)
    return [Edit(*place, new)] if new != word else []


def _without_capital(word: str, truecaser: Truecaser) -> str:
    """``word`` in small letters, if it is known so; nouns of German, names and "I" are not."""
    stem = re.split("['\u2019]", word)[0]
    is_plain = word[0].isupper() and (len(word) == 1 or word[1:].islower())
    small = is_plain and truecaser.is_known_lower(stem) and not truecaser.prefers_capital(stem, _HARDLY)
    return word.lower() if small else word


def _capital(word: str) -> str:
    """``word`` with a capital at its beginning, and otherwise as it is."""
    upper = word[0].upper()
    return (upper if len(upper) == 1 else word[0].title()) + word[1:]
