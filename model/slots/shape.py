"""How many slots there are, how large they are, and which parts of them a step may be taken on."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from model.decoding.job import Job

LEAST_HYPOTHESES = 32
"""A step of fewer takes as long: the weights have to be read all the same."""

LEAST_WIDTH = 16
"""Likewise for source positions."""


@dataclass(frozen=True)
class SlotShape:
    """The largest batch.

    Attributes:
        rows: sentences.
        beam: hypotheses of each, and results of each.
        src_len: tokens of the longest source.
        tgt_len: tokens of the longest translation.

    Raises:
        ValueError: one of them is not positive.
    """

    rows: int
    beam: int
    src_len: int
    tgt_len: int

    def __post_init__(self) -> None:
        for name in ("rows", "beam", "src_len", "tgt_len"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)}")

    @property
    def capacity(self) -> int:
        """Token positions of a hypothesis: after its last step, where the next token would be is one too."""
        return self.tgt_len + 2

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """Numbers of slots that steps are taken on."""
        return _doubling(-(-LEAST_HYPOTHESES // self.beam), self.rows)

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """Source positions that steps are taken on."""
        return _doubling(LEAST_WIDTH, self.src_len)

    def count_for(self, rows: int) -> int:
        """The least of ``counts`` that holds ``rows`` slots."""
        return _least(self.counts, rows)

    def width_for(self, src_len: int) -> int:
        """The least of ``widths`` that holds ``src_len`` positions."""
        return _least(self.widths, src_len)

    def takes(self, job: Job) -> bool:
        """Whether ``job`` can be decoded in a slot."""
        return (
            job.options.strategy == "beam"
            and not job.terms
            and not job.attention
            and job.options.beam_size <= self.beam
            and len(job.source) <= self.src_len
            and job.max_length <= self.tgt_len
        )


def _doubling(least: int, most: int) -> tuple[int, ...]:
    """Powers of two from ``least``, rounded up to one, below ``most``; and ``most``."""
    sizes = []
    size = 1 << (least - 1).bit_length()
    while size < most:
        sizes.append(size)
        size *= 2
    return (*sizes, most)


def _least(sizes: Sequence[int], needed: int) -> int:
    """The first of ascending ``sizes`` that is not below ``needed``, which the last is not."""
    return sizes[bisect.bisect_left(sizes, needed)]
