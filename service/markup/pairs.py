"""Which tags of a stretch of items belong together, and where its text begins and ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from service.markup.items import Item, Role


def partners(items: Sequence[Item]) -> list[int | None]:
    """For each item the index of the tag that belongs to it.

    An end tag belongs to the last start tag of its name that has none yet, whatever is between them; None
    for a tag that is alone, and for what is no tag.
    """
    found: list[int | None] = [None] * len(items)
    waiting = defaultdict[str, list[int]](list)
    for index, item in enumerate(items):
        if item.role is Role.OPENING:
            waiting[item.name].append(index)
        elif item.role is Role.CLOSING and waiting[item.name]:
            start = waiting[item.name].pop()
            found[start], found[index] = index, start
    return found


def has_content(item: Item) -> bool:
    """Whether there is something of ``item`` in the text of a sentence."""
    return item.role is Role.ATOM or (item.role is Role.TEXT and bool(item.text.strip()))


def core(items: Sequence[Item], partner: Sequence[int | None]) -> tuple[int, int]:
    """The bounds of the part of ``items`` that has content, without the tags around all of it.

    No pair of tags has one in the part and one outside, unless both are around it. Time is linear.
    """
    contents = [index for index, item in enumerate(items) if has_content(item)]
    if not contents:
        return 0, 0
    first, last = contents[0], contents[-1]
    start, end = 0, len(items)
    while True:
        start = _advance(range(start, first), partner, first)
        end = _retreat(range(end - 1, last, -1), partner, last)
        if start >= first or partner[start] != end - 1:
            return start, end
        start, end = start + 1, end - 1


def _advance(indices: range, partner: Sequence[int | None], first: int) -> int:
    """As far towards the content as no pair of tags is separated."""
    best, depth = indices.start, 0
    for index in indices:
        other = partner[index]
        if other is not None and other > first:
            break
        depth += _step(index, other)
        if depth == 0:
            best = index + 1
    return best


def _retreat(indices: range, partner: Sequence[int | None], last: int) -> int:
    """Likewise from the end."""
    best, depth = indices.start + 1, 0
    for index in indices:
        other = partner[index]
        if other is not None and other < last:
            break
        depth -= _step(index, other)
        if depth == 0:
            best = index
    return best


def _step(index: int, other: int | None) -> int:
    """How many more pairs are open after this item."""
    if other is None:
        return 0
    return 1 if other > index else -1
