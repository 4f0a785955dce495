"""Where the nodes of a block go in its translation: within their parents, beside their siblings."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence

from service.markup.block import Node, Shape
from service.text.annotated import Range

ROOT = -1
"""The parent of the nodes that have none."""

Placed = tuple[int, Range]
"""The index of a node and where it is in the translation."""


_NEXT_WORD = re.compile(r"\s*(\S{1,24})(?!\S)")
_LAST_WORD = re.compile(r"(?<!\S)(\S{1,24})\s*$")
_REACH = 32
"""Characters that are looked at for a word."""


def arrange(
    nodes: Sequence[Node], places: Sequence[Range], full: Collection[int], text: str
) -> dict[int, list[Placed]]:
    """The children of each node, and of ``ROOT``, in the order of the translation, and where each is.

    Each is within its parent, and siblings do not overlap: what does not fit is moved as little as needed,
    and cut if it must be. Nodes that are ``FIXED`` keep their order among siblings. An element that would be
    around nothing, though it was around words, takes the next free one: a link must be to be clicked on.

    Args:
        nodes: parents before children.
        places: where the alignment puts each.
        full: the elements that are around words of the source.
        text: the translation.
    """
    children = defaultdict[int, list[int]](list)
    for index, node in enumerate(nodes):
        children[node.parent].append(index)
    arranged: dict[int, list[Placed]] = {}
    bounds = {ROOT: Range(0, len(text))}
    for parent in (ROOT, *range(len(nodes))):
        if parent in children:
            wanted = _in_order(children[parent], nodes, places)
            found = _disjoint(wanted, bounds[parent])
            arranged[parent] = _fed(found, bounds[parent], full, text)
            bounds.update(arranged[parent])
    return arranged


def _in_order(children: Sequence[int], nodes: Sequence[Node], places: Sequence[Range]) -> list[Placed]:
    """``children`` by their places; one that is fixed is not before another that it came after."""
    wanted = []
    latest = 0
    for index in children:
        place = places[index]
        if nodes[index].shape is Shape.FIXED:
            latest = max(latest, place.start)
            place = Range(latest, latest)
        wanted.append((index, place))
    return sorted(wanted, key=lambda one: (one[1], one[0]))


def _disjoint(wanted: Sequence[Placed], bounds: Range) -> list[Placed]:
    """``wanted``, sorted, so that each is within ``bounds`` and begins where the one before has ended."""
    found = []
    position = bounds.start
    for index, place in wanted:
        start = min(max(place.start, position), bounds.end)
        position = min(max(place.end, start), bounds.end)
        found.append((index, Range(start, position)))
    return found


def _fed(found: Sequence[Placed], bounds: Range, full: Collection[int], text: str) -> list[Placed]:
    """``found`` with words for those of ``full`` that are empty, if any are between their neighbours."""
    fed: list[Placed] = []
    starts = [*(place.start for _, place in found), bounds.end]
    end = bounds.start
    for (index, place), following in zip(found, starts[1:], strict=True):
        is_starved = index in full and place.start == place.end
        own = _word(text, end, place.start, following) if is_starved else None
        fed.append((index, own or place))
        end = fed[-1][1].end
    return fed


def _word(text: str, start: int, place: int, end: int) -> Range | None:
    """The word of ``text[start:end]`` after ``place``, or else the one before it."""
    before = max(start, place - _REACH)
    found = _NEXT_WORD.match(text, place, min(end, place + _REACH)) or _LAST_WORD.search(text[before:place])
    if found is None or not any(map(str.isalnum, found[1])):
        return None
    offset = 0 if found.string is text else before
    return Range(offset + found.start(1), offset + found.end(1))
