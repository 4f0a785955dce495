"""What the service decodes with, whichever way it is done."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol, Self

from model.decoding.job import Finished, Job


class Batch(Protocol):
    """Sentences that are being decoded, which others join and leave between steps; see ``RunningBatch``."""

    @property
    def rows(self) -> int:
        """Sentences in the batch."""
        ...

    @property
    def ids(self) -> tuple[int, ...]:
        """The jobs in the batch."""
        ...

    @property
    def padding_ratio(self) -> float:
        """The share of source positions that are padding, 0 for an empty batch."""
        ...

    def join(self, jobs: Sequence[Job]) -> None:
        """Add ``jobs``, all of them or, if it raises, none."""
        ...

    def step(self, most: int = 1, only: Collection[int] | None = None) -> list[Finished]:
        """Go on with the rows; those that end leave. If it raises, it can be tried again with fewer rows.

        Args:
            most: a batch that can takes so many steps, as far as none ends a row.
            only: a batch that can lets all but these rows rest.
        """
        ...

    def remove(self, ids: Collection[int]) -> None:
        """Take ``ids`` out without a result; ids that are not in the batch are ignored."""
        ...

    def split(self, ids: Collection[int]) -> Self:
        """Move ``ids`` into a batch of their own."""
        ...

    def absorb(self, other: Self) -> None:
        """Move all rows of ``other``, a batch over the same network, into this one."""
        ...
