"""Terms of a glossary, found in a text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from model.tokenizer import normalize
from model.word_boundaries import is_unspaced


@dataclass(frozen=True, slots=True)
class Entry:
    """What ``source`` is to be translated as."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Match:
    """An entry, and the characters that it was found at."""

    entry: Entry
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Unit:
    """A word, a character of a script without spaces, or a sign; and where it stands."""

    folded: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Sought:
    """An entry as it is looked for.

    Attributes:
        entry: the entry.
        spelling: its source, normalised, with single spaces.
        units: of the spelling, folded.
    """

    entry: Entry
    spelling: str
    units: tuple[str, ...]


class Glossary:
    """Finds its entries in texts, in time linear in the text.

    A term is found where it stands as whole words; in a script without spaces, wherever its characters stand.
    Written in small letters in the glossary, a word is also found with a capital; any term is also found in
    capitals throughout. Other spellings are other words: ``us`` is not ``US``. Of entries that begin at
    the same place the longest is found, and what stands within a term that was found is not looked at again;
    among entries that differ in capitals only, the one written as in the text.

    Args:
        entries: whose sources are all different.
        source: the language that the glossary translates from; None for any.
        target: the language that it translates into; None for any.
    """

    def __init__(
        self, entries: Iterable[Entry], source: str | None = None, target: str | None = None
    ) -> None:
        self.source = source
        self.target = target
        self._by_first: Mapping[str, list[_Sought]] = _index(entries)

    def applies(self, source: str, target: str) -> bool:
        """Whether it is for texts of this direction."""
        return self.source in (None, source) and self.target in (None, target)

    def find(self, text: str) -> list[Match]:
        """The entries that ``text`` has, in the order in which they stand; none overlaps another.

        Args:
            text: as ``normalize`` gives it.
        """
        units = list(_units(text))
        found: list[Match] = []
        place = 0
        while place < len(units):
            sought = self._match(text, units, place)
            if sought is None:
                place += 1
            else:
                last = place + len(sought.units)
                found.append(Match(sought.entry, units[place].start, units[last - 1].end))
                place = last
        return found

    def _match(self, text: str, units: list[_Unit], place: int) -> _Sought | None:
        """The longest entry that begins with the unit at ``place``."""
        best: _Sought | None = None
        for sought in self._by_first.get(units[place].folded, ()):
            if best is not None and len(sought.units) < len(best.units):
                break
            last = place + len(sought.units)
            if last > len(units) or any(
                unit.folded != wanted for unit, wanted in zip(units[place:last], sought.units, strict=True)
            ):
                continue
            written = _single_spaced(text[units[place].start : units[last - 1].end])
            if written == sought.spelling:
                return sought
            if best is None and _is_spelling(written, sought.spelling):
                best = sought
        return best


_WORD_OR_SIGN = re.compile(r"\w+|[^\w\s]")
_SPACE = re.compile(r"\s+")


def _units(text: str) -> Iterator[_Unit]:
    """``text``, normalised, without its spaces."""
    for match in _WORD_OR_SIGN.finditer(text):
        begin = match.start()
        for position in range(match.start(), match.end()):
            if is_unspaced(text[position]):
                if begin < position:
                    yield _Unit(text[begin:position].casefold(), begin, position)
                yield _Unit(text[position], position, position + 1)
                begin = position + 1
        if begin < match.end():
            yield _Unit(text[begin : match.end()].casefold(), begin, match.end())


def _single_spaced(text: str) -> str:
    return _SPACE.sub(" ", text.strip())


def _is_spelling(written: str, spelling: str) -> bool:
    """Whether ``written`` is ``spelling`` at the beginning of a sentence, or in capitals."""
    capitalized = spelling[:1].upper() + spelling[1:]
    return written in (capitalized, spelling.upper())


def _index(entries: Iterable[Entry]) -> Mapping[str, list[_Sought]]:
    """The entries by their first unit, the longest first."""
    index: defaultdict[str, list[_Sought]] = defaultdict(list)
    for entry in entries:
        spelling = _single_spaced(normalize(entry.source))
        units = tuple(unit.folded for unit in _units(spelling))
        if units:
            index[units[0]].append(_Sought(entry, spelling, units))
    for listed in index.values():
        listed.sort(key=lambda sought: -len(sought.units))
    return index
