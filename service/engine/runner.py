"""The running batches, with every failure narrowed down to the rows that cause it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from model.config import DecodingOptions
from model.decoding import Finished, Job
from model.decoding.batch import Batch
from service.engine.limits import EngineLimits
from service.engine.request import Priority

BatchFactory = Callable[[], Batch]
"""Makes an empty running batch over the service's network."""

WARM_UP_OPTIONS = DecodingOptions(max_length=4)
MAX_WARM_UP_SOURCE_TOKENS = 256


@dataclass(frozen=True, slots=True)
class Failure:
    """A row that makes the network raise ``error`` even when it is alone."""

    id: int
    error: Exception


@dataclass(frozen=True, slots=True)
class Advance:
    """What one or several steps of a running batch brought."""

    finished: Sequence[Finished] = ()
    failed: Sequence[Failure] = ()


class Runner:
    """Owns the running batches, one for each priority; used on the engine's thread only.

    Which of them a segment joins is the scheduler's business; it may as well use only one.

    A failing operation is bisected: tried again on each half of the rows, and so on down to single rows.
    A batch is left unchanged by what fails and does not mix rows, so whoever shares a batch with
    a poisonous segment gets the translation it would have had without it. One poisonous row among ``n``
    costs about ``2 * log2(n)`` further calls, once: it leaves the batch.

    Args:
        new_batch: makes an empty running batch.
        sample: source ids of a short segment that the network translates.
        limits: what the warm-up goes up to.
    """

    def __init__(self, new_batch: BatchFactory, sample: Sequence[int], limits: EngineLimits) -> None:
        self._new_batch = new_batch
        self._sample = tuple(sample)
        self._limits = limits
        self._batches = {lane: new_batch() for lane in Priority}

    def rows(self, lane: Priority) -> int:
        """Segments in a batch."""
        return self._batches[lane].rows

    def padding_ratio(self, lane: Priority) -> float:
        """The share of a batch's source positions that are padding, 0 for an empty batch."""
        return self._batches[lane].padding_ratio

    def join(self, lane: Priority, jobs: Sequence[Job]) -> list[Failure]:
        """Encode ``jobs`` as one padded batch and let them join; returns those that cannot be encoded."""
        try:
            self._batches[lane].join(jobs)
        except Exception as error:
            if len(jobs) == 1:
                return [Failure(jobs[0].id, error)]
            middle = len(jobs) // 2
            return self.join(lane, jobs[:middle]) + self.join(lane, jobs[middle:])
        return []

    def step(self, lane: Priority, most: int = 1, only: Collection[int] | None = None) -> Advance:
        """Advance the rows of a batch by one target position; finished and failing rows leave.

        Args:
            lane: which batch.
            most: by so many positions, if no row ends before and the batch can; see ``Batch.step``.
            only: the other rows rest, where the batch can have them rest; None: all take steps.
        """
        return _advance(self._batches[lane], most, only)

    def remove(self, ids: Collection[int]) -> None:
        """Take rows out, wherever they are."""
        for batch in self._batches.values():
            batch.remove(ids)

    def promote(self, ids: Collection[int]) -> None:
        """Move rows of the bulk batch into the interactive one, going on from the step they are at."""
        bulk = self._batches[Priority.BULK]
        if not set(ids).isdisjoint(bulk.ids):
            self._batches[Priority.INTERACTIVE].absorb(bulk.split(ids))

    def warm_up(self) -> None:
        """Decode one short segment, and beside it the largest batch that the limits allow.

        Buffers and kernels are so made ready before the first request, and a budget that the memory cannot
        hold fails now rather than under load.

        Raises:
            Exception: whatever the network raises.
        """
        self.probe()
        rows = max(1, self._limits.max_running_rows - 1)
        longest = self._limits.max_padded_tokens // ((rows + 1) * WARM_UP_OPTIONS.beam_size)
        length = max(len(self._sample), min(longest, MAX_WARM_UP_SOURCE_TOKENS))
        source = (self._sample * length)[:length]
        batch = self._new_batch()
        batch.join([Job(0, self._sample, WARM_UP_OPTIONS)])
        batch.step()
        batch.join([Job(1 + row, source, WARM_UP_OPTIONS) for row in range(rows)])
        _finish(batch)

    def probe(self) -> None:
        """Decode the sample alone, apart from the running batch.

        Raises:
            Exception: whatever the network raises. It has done this before, so it works no more.
        """
        batch = self._new_batch()
        batch.join([Job(0, self._sample, WARM_UP_OPTIONS)])
        _finish(batch)


def _finish(batch: Batch) -> None:
    while batch.rows:
        batch.step()


def _advance(batch: Batch, most: int, only: Collection[int] | None) -> Advance:
    try:
        return Advance(finished=batch.step(most, only))
    except Exception as error:
        ids = batch.ids
        if len(ids) == 1:
            batch.remove(ids)
            return Advance(failed=[Failure(ids[0], error)])
        other = batch.split(ids[len(ids) // 2 :])
    left, right = _advance(batch, most, only), _advance(other, most, only)
    batch.absorb(other)
    return Advance([*left.finished, *right.finished], [*left.failed, *right.failed])
