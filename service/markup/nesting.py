"""Where the nodes of a block go in its translation: within their parents, beside their siblings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from service.markup.block import Node, Shape
from service.text.annotated import Range

ROOT = -1
"""The parent of the nodes that have none."""

Placed = tuple[int, Range]
"""The index of a node and where it is in the translation."""


def arrange(nodes: Sequence[Node], places: Sequence[Range], length: int) -> dict[int, list[Placed]]:
    """The children of each node, and of ``ROOT``, in the order of the translation, and where each is.

    Each is within its parent, and siblings do not overlap: what does not fit is moved as little as needed,
    and cut if it must be. Nodes that are ``FIXED`` keep their order among siblings.

    Args:
        nodes: parents before children.
        places: where the alignment puts each.
        length: of the translation.
    """
    children = defaultdict[int, list[int]](list)
    for index, node in enumerate(nodes):
        children[node.parent].append(index)
    arranged: dict[int, list[Placed]] = {}
    bounds = {ROOT: Range(0, length)}
    for parent in (ROOT, *range(len(nodes))):
        if parent in children:
            wanted = _in_order(children[parent], nodes, places)
            arranged[parent] = list(_disjoint(wanted, bounds[parent]))
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
