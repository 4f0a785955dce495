"""A batch of sentences that are being decoded, which others join and leave between steps."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Generic, Self

import torch

from model.decoding.candidates import Words
from model.decoding.checks import check_jobs
from model.decoding.dense import After, step_densely, without
from model.decoding.job import Finished, Job
from model.decoding.searched import SearchedRow, begin, is_search, step_searched
from model.decoding.snapshot import Snapshot
from model.interface import Memory, Searcher, SearchingSeq2Seq, Seq2Seq, State
from model.tokenizer import BOS, EOS, PAD, UNK

CONTROL_IDS = frozenset({PAD, BOS, UNK})
"""What no translation holds, whatever the vocabulary; a tokenizer adds its language tags."""


class RunningBatch(Generic[Memory, State]):
    """Decodes many sentences at once, each as if it were alone.

    Where the network searches itself, it does so for all rows that do not sample; these take their steps
    beside the others.

    Not thread-safe: one thread owns a batch. Every method either succeeds or raises and leaves the batch as
    it was, so that a caller may repeat a failed step with fewer rows; only where several steps were asked
    for, rows may have taken those before the one that failed.

    Args:
        model: the network, in evaluation mode.
        forbidden: token ids never produced: the control symbols, language tags among them, but not EOS.
        boundaries: token ids that may follow a term that a job demands; None: all may.

    Raises:
        ValueError: ``forbidden`` holds EOS or an id outside the vocabulary.
    """

    def __init__(
        self,
        model: Seq2Seq[Memory, State],
        *,
        forbidden: Collection[int] = CONTROL_IDS,
        boundaries: Collection[int] | None = None,
    ) -> None:
        if EOS in forbidden:
            raise ValueError(f"forbidden must not hold EOS ({EOS}): no translation could end")
        if outside := [token for token in forbidden if not 0 <= token < model.vocabulary_size]:
            raise ValueError(
                f"forbidden: ids must be from 0 to {model.vocabulary_size - 1}, not {outside[0]}"
            )
        self._model = model
        self._forbidden = frozenset(forbidden)
        self._boundaries = boundaries
        self._words = Words.of(model.vocabulary_size, self._forbidden, model.device, boundaries)
        self._searcher: Searcher[Any] | None = (
            model.searcher(self._forbidden, boundaries) if isinstance(model, SearchingSeq2Seq) else None
        )
        self._searched: tuple[SearchedRow, ...] = ()
        self._dense: Snapshot[Memory, State] | None = None

    @property
    def rows(self) -> int:
        """Sentences in the batch."""
        return len(self._searched) + (len(self._dense.rows) if self._dense else 0)

    @property
    def ids(self) -> tuple[int, ...]:
        """The jobs in the batch, in row order."""
        return tuple(job.id for job in self._jobs)

    @property
    def beam(self) -> int:
        """Hypotheses of the widest row; 0 for an empty batch."""
        return max((job.options.beam_size for job in self._jobs), default=0)

    @property
    def source_tokens(self) -> int:
        """Real source tokens of all rows."""
        return sum(len(job.source) for job in self._jobs)

    @property
    def source_length(self) -> int:
        """Source positions of the longest row; 0 for an empty batch."""
        own = max((len(row.job.source) for row in self._searched), default=0)
        return max(own, self._dense.memory.mask.shape[1] if self._dense else 0)

    @property
    def padded_tokens(self) -> int:
        """Source positions of all rows, padding included; a row that the network searches itself has none."""
        own = sum(len(row.job.source) for row in self._searched)
        return own + (self._dense.memory.mask.numel() if self._dense else 0)

    @property
    def padding_ratio(self) -> float:
        """The share of source positions that are padding, 0 for an empty batch."""
        if self._dense is None:  # what the network searches itself has none
            return 0.0
        return 1.0 - self.source_tokens / self.padded_tokens if self.rows else 0.0

    @property
    def _jobs(self) -> tuple[Job, ...]:
        dense = self._dense.rows if self._dense else ()
        return (*(row.job for row in self._searched), *(row.job for row in dense))

    def join(self, jobs: Sequence[Job]) -> None:
        """Encode ``jobs`` and add them; their first step is the next.

        Raises:
            ValueError: a source is empty or holds an id outside the vocabulary, a term cannot be produced, or
                a job's id is in use.
        """
        check_jobs(jobs, self.ids, self._model.vocabulary_size, self._forbidden)
        searches = [job for job in jobs if self._searcher is not None and is_search(job)]
        other = [job for job in jobs if self._searcher is None or not is_search(job)]
        with torch.inference_mode():
            dense = self._dense
            if other:
                newcomers = Snapshot.of(self._model, other)
                dense = dense.concat(newcomers) if dense else newcomers
            searched = begin(self._searcher, searches) if self._searcher is not None else ()
        self._dense, self._searched = dense, self._searched + searched

    def step(self, most: int = 1, only: Collection[int] | None = None) -> list[Finished]:
        """Advance every row by one token; rows that end by it leave.

        Args:
            most: as many tokens may be added before this returns, if no row ends; only one where not all rows
                are searched by the network itself.
            only: of the rows that are, the others rest; None: none does.

        Raises:
            DecodingError: the network gave numbers that cannot be used; names the jobs.
        """
        with torch.inference_mode():
            after: After[Memory, State] = After(None, [])
            if self._dense is not None:
                after, most = step_densely(self._model, self._words, self._dense), 1
            searched, finished = self._searched, list[Finished]()
            stepping = searched if only is None else tuple(row for row in searched if row.job.id in only)
            if self._searcher is not None and stepping:
                left, finished = step_searched(self._searcher, stepping, most)
                searched = left if only is None else _without(searched, finished)
        self._dense, self._searched = after.rows, searched
        return finished + after.finished

    def remove(self, ids: Collection[int]) -> None:
        """Take ``ids`` out without a result; ids that are not in the batch are ignored."""
        leaving = frozenset(ids)
        if self._dense is not None:
            with torch.inference_mode():
                self._dense = without(self._dense, _places(self._dense, leaving))
        self._searched = tuple(row for row in self._searched if row.job.id not in leaving)

    def split(self, ids: Collection[int]) -> Self:
        """Move ``ids`` into a batch of their own, where they go on from the step they are at.

        Ids that are not in the batch are ignored.
        """
        moving = frozenset(ids)
        other = type(self)(self._model, forbidden=self._forbidden, boundaries=self._boundaries)
        if self._dense is not None and (places := _places(self._dense, moving)):
            with torch.inference_mode():
                other._dense = self._dense.select(places)
        other._searched = tuple(row for row in self._searched if row.job.id in moving)
        self.remove(moving)
        return other

    def absorb(self, other: RunningBatch[Memory, State]) -> None:
        """Move all rows of ``other``, a batch over the same network, into this one.

        Raises:
            ValueError: a job's id is in use here.
        """
        if shared := set(self.ids) & set(other.ids):
            raise ValueError(f"job {min(shared)}: the id is in use")
        if other._dense is not None:
            with torch.inference_mode():
                self._dense = self._dense.concat(other._dense) if self._dense else other._dense
        self._searched += other._searched
        other._dense, other._searched = None, ()


def _without(rows: Sequence[SearchedRow], finished: Sequence[Finished]) -> tuple[SearchedRow, ...]:
    ended = frozenset(item.id for item in finished)
    return tuple(row for row in rows if row.job.id not in ended) if ended else tuple(rows)


def _places(now: Snapshot[Any, Any], ids: Collection[int]) -> list[int]:
    return [place for place, row in enumerate(now.rows) if row.job.id in ids]
