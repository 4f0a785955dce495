"""Changes to a text that remember what was where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from service.text.annotated import Range


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """``text`` in place of the characters ``start .. end - 1``; an insertion if there are none."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Rewriting:
    """A text, and what edits have made of it; ``rewrite`` makes one.

    Attributes:
        before: the text.
        after: the text with all edits.
        edits: in order, disjoint.
    """

    before: str
    after: str
    edits: tuple[Edit, ...] = ()

    def forward(self, one: Range) -> Range:
        """Where the characters of ``one`` are now; of what was replaced the whole replacement.

        Insertions at the edges are not part of it. A range without characters stays one, behind whatever was
        inserted there.
        """
        return _moved(one, *self._bounds) if self.edits else one

    def backward(self, one: Range) -> Range:
        """Where the characters of ``one`` were; of a replacement all that it replaced."""
        return self._inverse.forward(one) if self.edits else one

    @cached_property
    def _bounds(self) -> tuple[list[int], list[int]]:
        """Where each character, or what replaced it, now starts and ends; and where a next one would."""
        starts: list[int] = []
        ends: list[int] = []
        shift = 0
        for edit in self.edits:
            starts += range(len(starts) + shift, edit.start + shift)
            ends += range(len(ends) + shift + 1, edit.start + shift + 1)
            width = edit.end - edit.start
            starts += [edit.start + shift] * width
            ends += [edit.start + shift + len(edit.text)] * width
            shift += len(edit.text) - width
        rest = range(len(starts) + shift, len(self.before) + shift + 1)
        return [*starts, *rest], [*ends, *(offset + 1 for offset in rest)]

    @cached_property
    def _inverse(self) -> Rewriting:
        inverse: list[Edit] = []
        shift = 0
        for edit in self.edits:
            start = edit.start + shift
            inverse.append(Edit(start, start + len(edit.text), self.before[edit.start : edit.end]))
            shift += len(edit.text) - (edit.end - edit.start)
        return Rewriting(self.after, self.before, tuple(inverse))


def rewrite(text: str, edits: Iterable[Edit]) -> Rewriting:
    """``text`` with all of ``edits``; several insertions at one place keep their order.

    Raises:
        ValueError: two edits overlap.
    """
    ordered = tuple(sorted(edits, key=lambda edit: (edit.start, edit.end)))
    if not ordered:
        return Rewriting(text, text)
    if any(left.end > right.start for left, right in pairwise(ordered)):
        raise ValueError("edits overlap")
    parts: list[str] = []
    position = 0
    for edit in ordered:
        parts += [text[position : edit.start], edit.text]
        position = edit.end
    return Rewriting(text, "".join([*parts, text[position:]]), ordered)


def _moved(one: Range, starts: Sequence[int], ends: Sequence[int]) -> Range:
    start = starts[one.start]
    return Range(start, start if one.start == one.end else ends[one.end - 1])
