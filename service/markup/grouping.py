"""From items to blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from service.markup.block import Block, Node, Shape
from service.markup.flow import SPACE, Flow
from service.markup.items import Item, Role
from service.markup.pairs import core, partners
from service.markup.tags import Written
from service.text.annotated import AnnotatedText, Mark, Range

STAND_IN = "\N{OBJECT REPLACEMENT CHARACTER}"
"""What a text has in place of an atom without text, or with too much of it."""
MAX_ATOM_CHARACTERS = 60
MAX_DEPTH = 20
"""Elements within so many others go where the innermost of these goes: placing takes time for each level."""

Part = Written | Block


def parts(items: Iterable[Item], collapse: bool) -> Iterator[Part]:
    """``items`` as blocks and what is between them.

    Args:
        items: in order.
        collapse: whether a run of white space counts as one space.
    """
    for is_break, group in groupby(items, key=lambda item: item.role is Role.BREAK):
        if is_break:
            yield from (item.source for item in group)
        else:
            yield from _group(list(group), collapse)


def _group(items: Sequence[Item], collapse: bool) -> Iterator[Part]:
    partner = partners(items)
    start, end = core(items, partner)
    yield from (item.source for item in items[:start])
    if start < end:
        inside = [None if one is None else one - start for one in partner[start:end]]
        yield _Builder(items[start:end], inside, Flow(collapse)).block()
    yield from (item.source for item in items[end:])


@dataclass(slots=True)
class _Draft:
    """A node in the making; ``end`` of an element is known when its end tag comes."""

    shape: Shape
    opening: Written
    start: int
    end: int
    parent: int
    closing: Written = ""
    apart: tuple[bool, bool] = (False, False)


class _Builder:
    """Makes a block.

    Args:
        items: of the block.
        partner: of each item, see ``partners``.
        flow: gathers the text.
    """

    def __init__(self, items: Sequence[Item], partner: Sequence[int | None], flow: Flow) -> None:
        self._items = items
        self._partner = partner
        self._flow = flow
        self._drafts: list[_Draft] = []
        self._draft_of: dict[int, int] = {}  # by the index of a start tag
        self._open: dict[int, None] = {}  # elements that wait for their end, the innermost last
        self._atoms: list[Range] = []

    def block(self) -> Block:
        """All of it."""
        for index, (item, apart) in enumerate(zip(self._items, _gaps(self._items), strict=True)):
            if item.role is Role.TEXT:
                self._flow.append(item.text)
            elif item.role is Role.ATOM:
                self._add_atom(item)
            elif (other := self._partner[index]) is None:
                self._add_point(item, apart)
            elif item.role is Role.OPENING:
                self._open_element(index, apart)
            else:
                self._close_element(self._draft_of[other], item.source)
        return self._finished()

    def _add(self, shape: Shape, item: Item, apart: tuple[bool, bool] = (False, False)) -> _Draft:
        parent = next(reversed(self._open), -1)
        draft = _Draft(shape, item.source, self._flow.start, self._flow.start, parent, apart=apart)
        self._drafts.append(draft)
        return draft

    def _add_point(self, item: Item, apart: tuple[bool, bool]) -> None:
        if item.visible:
            self._add(Shape.POINT, item, apart)
        else:
            self._add(Shape.FIXED, item)

    def _add_atom(self, item: Item) -> None:
        draft = self._add(Shape.ATOM, item)
        self._flow.append_whole(item.text if 0 < len(item.text) <= MAX_ATOM_CHARACTERS else STAND_IN)
        draft.end = self._flow.end
        self._atoms.append(Range(draft.start, draft.end))

    def _open_element(self, index: int, apart: tuple[bool, bool]) -> None:
        self._add(Shape.ELEMENT, self._items[index], apart)
        self._draft_of[index] = len(self._drafts) - 1
        self._open[len(self._drafts) - 1] = None

    def _close_element(self, element: int, closing: Written) -> None:
        """End an element, and with it those begun in it: one that would reach beyond is cut."""
        self._drafts[element].closing = closing
        while element in self._open:
            self._drafts[self._open.popitem()[0]].end = self._flow.end

    def _finished(self) -> Block:
        text = self._flow.text()
        places = _places(self._drafts, len(text))
        ids: dict[Range, int] = {}
        nodes = []
        for draft, place in zip(self._drafts, places, strict=True):
            around_nothing = draft.parent >= 0 and _is_empty(places[draft.parent])
            apart = draft.apart if _is_empty(place) and not around_nothing else (False, False)
            mark = ids.setdefault(place, len(ids))
            nodes.append(Node(draft.shape, draft.opening, draft.closing, draft.parent, mark, apart))
        marks = tuple(Mark(number, place.start, place.end) for place, number in ids.items())
        return Block(
            tuple(item.source for item in self._items),
            self._flow.lead,
            self._flow.tail,
            tuple(nodes),
            AnnotatedText(text, tuple(self._atoms), marks),
        )


def _places(drafts: Sequence[_Draft], length: int) -> list[Range]:
    """Where each of ``drafts`` is in a text of ``length`` characters, without white space at its end."""
    places: list[Range] = []
    depths: list[int] = []
    for draft in drafts:
        start = min(draft.start, length)
        place = Range(start, max(start, min(draft.end, length)))
        depth = 0
        if draft.parent >= 0:
            around = places[draft.parent]
            depth = depths[draft.parent] + (place != around)
            place = around if depth > MAX_DEPTH and draft.shape is not Shape.ATOM else place
        places.append(place)
        depths.append(depth)
    return places


def _is_empty(place: Range) -> bool:
    return place.start == place.end


def _gaps(items: Sequence[Item]) -> Iterator[tuple[bool, bool]]:
    """For each item whether there is white space, or nothing, in the text before it, and after it."""
    after = list(_spaces(reversed(items), 0))
    return zip(_spaces(items, -1), reversed(after), strict=True)


def _spaces(items: Iterable[Item], edge: int) -> Iterator[bool]:
    """Whether the ``edge`` of the text that comes before each item is white space; True for no text."""
    is_space = True
    for item in items:
        yield is_space
        if item.text or item.role is Role.ATOM:
            is_space = item.role is Role.TEXT and item.text[edge] in SPACE
