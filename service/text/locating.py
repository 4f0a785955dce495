"""Where the protected spans of a segment belong in what a network has made of it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from service.text.annotated import Placement, Range
from service.text.link import Link
from service.text.masking import SENTINEL
from service.text.presenting import Presentation
from service.text.spans import Span
from service.text.units import Gaps, Unit, proportional, units

_PRIVATE_USE = re.compile("[\ue000-\uf8ff]")
_ATOM = re.compile(r"\d+|[^\W\d]+|[^\w\s]|_")
_SPELLING = "0-9A-Za-z\u00aa-\u024f"
_OPENING = re.compile(r"<\w")


@dataclass(frozen=True, slots=True)
class Located:
    """The characters of a translation that a span replaces, which may be none.

    Attributes:
        sentinel: of the span; empty for a copy too many, which is removed.
        target: the characters.
        placement: how they were found.
    """

    sentinel: str
    target: Range
    placement: Placement


def is_intact(text: str, presentation: Presentation) -> bool:
    """Whether each placeholder occurs exactly once in the translation ``text``, and no other one does."""
    return sorted(_PRIVATE_USE.findall(text)) == sorted(presentation.placeholders)


def locate(
    text: str,
    presentation: Presentation,
    spans: Mapping[str, Span],
    find_links: Callable[[], Sequence[Link]],
    normalize: Callable[[str], str],
) -> list[Located]:
    """The place of every span in ``text``, each exactly once, and what is to be removed.

    A placeholder is replaced where it stands, a span that was written out where the network has copied it;
    further copies of either go. For what is missing then, the attention tells which words the network has
    written instead, or between which words it belongs; without attention, the proportion of the lengths does.

    Args:
        text: what the network wrote.
        presentation: what it read.
        spans: of the segment, by sentinel.
        find_links: called if something is missing: the links between what it read and wrote; none if that is
            not known.
        normalize: what happens to a text on its way through the vocabulary.

    Returns:
        Disjoint ranges; those without characters that are at the same place are in the order of the source.
    """
    located = _placeholders(text, presentation)
    located += _copies(text, presentation.written, spans, located, normalize)
    missing = {*spans_of(presentation)} - {one.sentinel for one in located}
    if not missing:
        return located
    search = _Search(text, presentation, located, find_links())
    for sentinel in presentation.written:
        if sentinel in missing and search.replace(sentinel):
            missing.remove(sentinel)
    for sentinel in spans_of(presentation):
        if sentinel in missing:
            search.insert(sentinel, before=_OPENING.match(spans[sentinel].text) is not None)
    return search.located


def spans_of(presentation: Presentation) -> list[str]:
    """The sentinels of a segment, in order."""
    return SENTINEL.findall(presentation.rewriting.before)


def _placeholders(text: str, presentation: Presentation) -> list[Located]:
    """Those that are known, where they come first, and all others as copies too many."""
    waiting = dict(presentation.placeholders)
    return [
        Located(waiting.pop(match.group(), ""), Range(*match.span()), Placement.NETWORK)
        for match in _PRIVATE_USE.finditer(text)
    ]


def _copies(
    text: str,
    written: Sequence[str],
    spans: Mapping[str, Span],
    located: Sequence[Located],
    normalize: Callable[[str], str],
) -> list[Located]:
    """Where the network has copied what was written out, but for spaces and the case of letters.

    The longest are looked for first, as a short one may be a part of them. A copy too many is removed if the
    span was found by its look; what a caller protects may well be an ordinary word.
    """
    groups = defaultdict[str, list[str]](list)
    for sentinel in written:
        groups[normalize(spans[sentinel].text)].append(sentinel)
    taken = [one.target for one in located]
    result: list[Located] = []
    for wanted in sorted(groups, key=len, reverse=True):
        waiting = groups[wanted]
        is_found = spans[waiting[0]].found
        for match in _copy_pattern(wanted).finditer(text):
            place = Range(*match.span())
            if any(one.start < place.end and place.start < one.end for one in taken):
                continue
            if waiting or is_found:
                sentinel = waiting.pop(0) if waiting else ""
                result.append(Located(sentinel, place, Placement.NETWORK))
                taken.append(place)
    return result


def _copy_pattern(text: str) -> re.Pattern[str]:
    """Finds ``text`` with spaces more or less, where it is no part of a word or number."""
    atoms = r"\s?".join(map(re.escape, _ATOM.findall(text))) or re.escape(text)
    before = rf"(?<![{_SPELLING}])(?<!\d[.,])" if text[0].isalnum() else ""
    after = rf"(?![{_SPELLING}])(?![.,]\d)" if text[-1].isalnum() else ""
    return re.compile(before + atoms + after, re.IGNORECASE)


class _Search:
    """Finds places for what is missing, one after the other.

    Args:
        text: what the network wrote.
        presentation: what it read.
        located: what has a place already.
        links: between the two texts.
    """

    def __init__(
        self, text: str, presentation: Presentation, located: Sequence[Located], links: Sequence[Link]
    ) -> None:
        self.located = list(located)
        self._text = text
        self._has_links = bool(links)
        rewriting = presentation.rewriting
        matches = SENTINEL.finditer(rewriting.before)
        self._sources = {match.group(): rewriting.forward(Range(*match.span())) for match in matches}
        self._free = units(text, links) if links else proportional(text, len(rewriting.after))
        self._fixed: list[Unit] = []
        for one in located:
            self._fix(one)

    def replace(self, sentinel: str) -> bool:
        """Put the span in place of the longest run of words that came from it, if there is one."""
        run = self._run(self._sources[sentinel]) if self._has_links else None
        if run is not None:
            self._add(Located(sentinel, run, Placement.ALIGNMENT))
        return run is not None

    def insert(self, sentinel: str, *, before: bool) -> None:
        """Put the span between the words that it stands between."""
        row = sorted([*self._free, *self._fixed], key=lambda unit: unit.target)
        place = Gaps(row, len(self._text)).place(self._sources[sentinel], before=before)
        placement = Placement.ALIGNMENT if self._has_links else Placement.PROPORTION
        self.located.append(Located(sentinel, Range(place, place), placement))

    def _add(self, one: Located) -> None:
        self.located.append(one)
        self._fix(one)

    def _fix(self, one: Located) -> None:
        """No other span may have the characters of ``one``."""
        self._free = [
            unit
            for unit in self._free
            if unit.target.end <= one.target.start or one.target.end <= unit.target.start
        ]
        self._fixed.append(Unit(one.target, self._sources.get(one.sentinel), spelt=False))

    def _run(self, source: Range) -> Range | None:
        """The longest run of neighbouring units from ``source``, without punctuation at either end."""
        runs: list[list[Unit]] = [[]]
        for unit in sorted([*self._free, *self._fixed], key=lambda unit: unit.target):
            if unit.source and unit.source.start < source.end and source.start < unit.source.end:
                runs[-1].append(unit)
            else:
                runs.append([])
        spelt = [[unit.target for unit in run if unit.spelt] for run in runs]
        best = max(filter(None, spelt), key=lambda run: run[-1].end - run[0].start, default=None)
        return Range(best[0].start, best[-1].end) if best else None
