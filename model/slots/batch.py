"""A running batch that decodes in slots whatever fits them."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from typing import Any, Self

import torch

from model.decoding.checks import check_jobs
from model.decoding.job import Finished, Job
from model.decoding.running import CONTROL_IDS, RunningBatch
from model.recurrent import RecurrentSeq2Seq
from model.slots.pool import SlotPool
from model.slots.search import SlotSearch

logger = logging.getLogger(__name__)


class SlotBatch:
    """Implements ``model.decoding.batch.Batch`` by slots and, for what does not fit them, a ``RunningBatch``.

    Not thread-safe: one thread owns a batch. Where ``step`` raises, rows in slots have not moved. A row that
    cannot stay in its slot begins anew in the ``RunningBatch``: its translation is the same, only its count
    of steps is that of the second beginning.

    Args:
        model: the network, in evaluation mode.
        pool: slots for that network and for the same ``forbidden``.
        forbidden: token ids never produced: the control symbols, language tags among them, but not EOS.
        boundaries: token ids that may follow a term that a job demands; None: all may.

    Raises:
        ValueError: ``forbidden`` holds EOS or an id outside the vocabulary.
    """

    def __init__(
        self,
        model: RecurrentSeq2Seq,
        pool: SlotPool,
        *,
        forbidden: Collection[int] = CONTROL_IDS,
        boundaries: Collection[int] | None = None,
    ) -> None:
        self._model = model
        self._pool = pool
        self._forbidden = frozenset(forbidden)
        self._boundaries = boundaries
        self._general = RunningBatch(model, forbidden=forbidden, boundaries=boundaries)
        self._restarting: list[Job] = []

    @property
    def rows(self) -> int:
        """Sentences in the batch."""
        return len(self.ids)

    @property
    def ids(self) -> tuple[int, ...]:
        """The jobs in the batch."""
        elsewhere = [*self._restarting, *self._jobs_in_slots]
        return self._general.ids + tuple(job.id for job in elsewhere)

    @property
    def padding_ratio(self) -> float:
        """The share of source positions that are padding, free slots among it; 0 for an empty batch."""
        real = self._general.source_tokens + sum(len(job.source) for job in self._jobs_in_slots)
        padded = self._general.padded_tokens + sum(search.padded_tokens for search in self._slots)
        return 1.0 - real / padded if padded > real else 0.0

    @property
    def _slots(self) -> list[SlotSearch]:
        return self._pool.lent_to(self)

    @property
    def _jobs_in_slots(self) -> list[Job]:
        return [job for search in self._slots for job in search.jobs]

    def join(self, jobs: Sequence[Job]) -> None:
        """Encode ``jobs`` and add them; their first step is the next.

        Raises:
            ValueError: as ``RunningBatch.join``.
        """
        check_jobs(jobs, self.ids, self._model.vocabulary_size, self._forbidden)
        joined: list[int] = []
        with torch.inference_mode():
            try:
                for part, some in self._assign(jobs):
                    part.join(some)
                    joined += [job.id for job in some]
            except Exception:
                self.remove(joined)
                raise
            finally:
                self._settle()

    def step(self, most: int = 1, only: Collection[int] | None = None) -> list[Finished]:
        """Advance every row; rows that have ended leave, those in slots a little later.

        Args:
            most: see ``RunningBatch.step``; slots take the steps they were recorded with.
            only: likewise; rows in slots do not rest.

        Raises:
            DecodingError: as ``RunningBatch.step``.
        """
        with torch.inference_mode():
            if self._restarting:
                self._general.join(self._restarting)
                self._restarting = []
            finished = self._general.step(most, only)
            for search in self._slots:
                finished += self._step_in(search)
            self._settle()
        return finished

    def remove(self, ids: Collection[int]) -> None:
        """Take ``ids`` out without a result; ids that are not in the batch are ignored."""
        self._take_out(frozenset(ids))
        self._general.remove(ids)

    def split(self, ids: Collection[int]) -> Self:
        """Move ``ids`` into a batch of their own; those in slots begin anew there.

        Ids that are not in the batch are ignored.
        """
        other = type(self)(self._model, self._pool, forbidden=self._forbidden, boundaries=self._boundaries)
        other._restarting = self._take_out(frozenset(ids))
        other._general = self._general.split(ids)
        return other

    def absorb(self, other: Self) -> None:
        """Move all rows of ``other``, a batch over the same network, here; those in slots begin anew.

        Raises:
            ValueError: a job's id is in use here.
        """
        if shared := set(self.ids) & set(other.ids):
            raise ValueError(f"job {min(shared)}: the id is in use")
        self._restarting += other._take_out(frozenset(other.ids))
        self._general.absorb(other._general)

    def _take_out(self, ids: frozenset[int]) -> list[Job]:
        """The jobs of ``ids`` that are not in the general batch; they leave."""
        with torch.inference_mode():
            left = [job for search in self._slots for job in search.remove(ids)]
        left += [job for job in self._restarting if job.id in ids]
        self._restarting = [job for job in self._restarting if job.id not in ids]
        self._settle()
        return left

    def _assign(self, jobs: Sequence[Job]) -> list[tuple[SlotSearch | RunningBatch[Any, Any], list[Job]]]:
        """Who decodes which of ``jobs``: the narrowest slots that they fit and that are free."""
        parts: list[tuple[SlotSearch | RunningBatch[Any, Any], list[Job]]] = []
        rest = list(jobs)
        for search in self._pool.lend(self):
            fitting = [job for job in rest if search.shape.takes(job)][: search.free]
            if fitting:
                parts.append((search, fitting))
                seated = {job.id for job in fitting}
                rest = [job for job in rest if job.id not in seated]
        return [*parts, (self._general, rest)] if rest else parts

    def _step_in(self, search: SlotSearch) -> list[Finished]:
        """Translations from ``search``, which is given up if it fails: its rows can do without it."""
        try:
            look = search.step()
        except Exception:
            logger.warning(
                "decoding without the slots for beam %d: they fail", search.shape.beam, exc_info=True
            )
            self._restarting += search.jobs
            self._pool.give_up(search)
            return []
        self._restarting += look.given_back
        return look.finished

    def _settle(self) -> None:
        """Let others have the slots once nobody is in them."""
        if not self._jobs_in_slots:
            self._pool.take_back(self)
