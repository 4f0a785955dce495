"""Finished segments, remembered within a bound."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from model.decoding.hypothesis import Hypothesis, Translation
from service.cache.packing import PackedTranslation, packed, unpacked
from service.engine.request import Priority, SegmentRequest

NUMBERS_PER_SEGMENT = 256
"""Token ids, coverages and attention that a remembered segment may have on average. A sentence of 25 tokens
has some 75, and 90 more with attention; a long one with many alternatives has thousands, and takes the place
of many."""


@dataclass(frozen=True, slots=True)
class SegmentKey:
    """Everything that a translation depends on: equal keys, equal translations.

    Sampling is no exception, because its seed is one of the options.

    Attributes:
        digest: of the checkpoint.
        work: the request without what only says who waits for it; see ``of``.
    """

    digest: str
    work: SegmentRequest
    _hash: int = field(init=False, repr=False, compare=False)  # asked for many times, and not cheap

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.digest, self.work)))

    def __hash__(self) -> int:
        return self._hash

    @classmethod
    def of(cls, digest: str, request: SegmentRequest) -> SegmentKey:
        """The key of ``request``: all of it but who waits and why, and so any field it may yet get."""
        return cls(digest, replace(request, priority=Priority.INTERACTIVE, deadline=None, follows=False))


class SegmentStore(Protocol):
    """Where finished segments are kept; used on the event loop's thread, and never waits."""

    def get(self, key: SegmentKey) -> Translation | None:
        """What was put under ``key``, unless it has been forgotten."""
        ...

    def put(self, key: SegmentKey, translation: Translation) -> None:
        """Remember ``translation``; something else may be forgotten for it."""
        ...

    async def recall(self, keys: Sequence[SegmentKey]) -> None:
        """Have ``get`` know what is remembered of ``keys`` elsewhere; waits for a moment at most."""
        ...


class LruStore:
    """A ``SegmentStore`` in this process's memory that forgets what was not asked for longest.

    It is bounded by segments and by the numbers in them, ``NUMBERS_PER_SEGMENT`` on average. A number of a
    source takes some 36 bytes, one of a translation at most 8, and a segment about 1 kB beside, so that
    10,000 segments take 100 MB at the very most.

    Args:
        max_segments: at least 1.
    """

    def __init__(self, max_segments: int) -> None:
        self._max_segments = max_segments
        self._max_numbers = max_segments * NUMBERS_PER_SEGMENT
        self._kept: OrderedDict[SegmentKey, tuple[PackedTranslation, int]] = OrderedDict()
        self._numbers = 0

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, key: SegmentKey) -> bool:
        return key in self._kept

    @property
    def numbers(self) -> int:
        """Token ids, coverages and attention of all that is kept."""
        return self._numbers

    def get(self, key: SegmentKey) -> Translation | None:
        """See ``SegmentStore``; what is asked for is forgotten last."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        self._kept.move_to_end(key)
        return unpacked(kept[0])

    def put(self, key: SegmentKey, translation: Translation) -> None:
        """See ``SegmentStore``; a segment over the whole bound is not kept."""
        numbers = _numbers(key, translation)
        if numbers > self._max_numbers:
            return
        self._forget(key)
        self._kept[key] = packed(translation), numbers
        self._numbers += numbers
        while len(self._kept) > self._max_segments or self._numbers > self._max_numbers:
            self._forget(next(iter(self._kept)))

    async def recall(self, keys: Sequence[SegmentKey]) -> None:
        """Nothing: there is nowhere else to look."""

    def _forget(self, key: SegmentKey) -> None:
        if (kept := self._kept.pop(key, None)) is not None:
            self._numbers -= kept[1]


def _numbers(key: SegmentKey, translation: Translation) -> int:
    return len(key.work.source) + sum(map(_numbers_of, translation.hypotheses))


def _numbers_of(hypothesis: Hypothesis) -> int:
    """A number of the attention takes 4 bytes, an eighth of what one in a tuple takes."""
    attention = 0 if hypothesis.attention is None else hypothesis.attention.size // 8
    return len(hypothesis.tokens) + len(hypothesis.coverage) + attention
