"""A source word and the target word that it became."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """A source word and a target word that belong together; offsets are code points of either text.

    Attributes:
        source_start: the source word's first character.
        source_end: the one after its last.
        target_start: the target word's first character.
        target_end: the one after its last.
        weight: how much of what the network read for the target word was the source word, in ``(0, 1]``.
    """

    source_start: int
    source_end: int
    target_start: int
    target_end: int
    weight: float
