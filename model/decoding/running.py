"""A batch of sentences that are being decoded, which others join and leave between steps."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Generic, Self

import torch
from torch import Tensor

from model.decoding.advance import Advanced, StepInput, advance
from model.decoding.candidates import Words
from model.decoding.checks import check_jobs
from model.decoding.fast import RankedInput, advance_ranked
from model.decoding.job import Finished, Job
from model.decoding.results import translations
from model.decoding.snapshot import Row, Snapshot
from model.decoding.trail import Frame
from model.errors import DecodingError
from model.interface import Memory, Ranker, RankingSeq2Seq, Seq2Seq, State
from model.tokenizer import BOS, EOS, PAD, UNK

CONTROL_IDS = frozenset({PAD, BOS, UNK})
"""What no translation holds, whatever the vocabulary; a tokenizer adds its language tags."""


class RunningBatch(Generic[Memory, State]):
    """Decodes many sentences at once, each as if it were alone.

    Not thread-safe: one thread owns a batch. Every method either succeeds or raises and leaves the batch as
    it was, so that a caller may repeat a failed step with fewer rows.

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
        self._ranker: Ranker[Memory, State] | None = (
            model.ranker(self._forbidden) if isinstance(model, RankingSeq2Seq) else None
        )
        self._now: Snapshot[Memory, State] | None = None

    @property
    def rows(self) -> int:
        """Sentences in the batch."""
        return len(self._rows)

    @property
    def ids(self) -> tuple[int, ...]:
        """The jobs in the batch, in row order."""
        return tuple(row.job.id for row in self._rows)

    @property
    def beam(self) -> int:
        """Hypotheses of the widest row, which is what every row costs; 0 for an empty batch."""
        return self._now.plan.beam if self._now else 0

    @property
    def source_tokens(self) -> int:
        """Real source tokens of all rows."""
        return sum(len(row.job.source) for row in self._rows)

    @property
    def source_length(self) -> int:
        """Source positions of each row, padding included; 0 for an empty batch."""
        return self._now.memory.mask.shape[1] if self._now else 0

    @property
    def padded_tokens(self) -> int:
        """Source positions of all rows, padding included."""
        return self.rows * self.source_length

    @property
    def padding_ratio(self) -> float:
        """The share of source positions that are padding, 0 for an empty batch."""
        return 1.0 - self.source_tokens / self.padded_tokens if self._now else 0.0

    @property
    def _rows(self) -> tuple[Row, ...]:
        return self._now.rows if self._now else ()

    def join(self, jobs: Sequence[Job]) -> None:
        """Encode ``jobs`` as one padded batch and add them; their first step is the next.

        Raises:
            ValueError: a source is empty or holds an id outside the vocabulary, a term cannot be produced, or
                a job's id is in use.
        """
        check_jobs(jobs, self.ids, self._model.vocabulary_size, self._forbidden)
        if jobs:
            with torch.inference_mode():
                newcomers = Snapshot.of(self._model, jobs)
                self._now = self._now.concat(newcomers) if self._now else newcomers

    def step(self) -> list[Finished]:
        """Advance every row by one token; rows that end by it leave.

        Raises:
            DecodingError: the network gave numbers that cannot be used; names the jobs.
        """
        if self._now is None:
            return []
        with torch.inference_mode():
            now = self._now.with_room()
            advanced, state, ended = self._advance(now)
            rows = [now.rows[place] for place in ended]
            done = translations(advanced.search.shortlist, ended, rows, now.clock + 1)
            if now.plan.beam > 1:  # a single hypothesis continues itself
                state = state.reorder(advanced.parents)
            self._now = _without(now.after(advanced.search, state), ended)
        return [Finished(row.job.id, translation) for row, translation in zip(rows, done, strict=True)]

    def remove(self, ids: Collection[int]) -> None:
        """Take ``ids`` out without a result; ids that are not in the batch are ignored."""
        leaving = frozenset(ids)
        places = [place for place, row in enumerate(self._rows) if row.job.id in leaving]
        if self._now is not None and places:
            with torch.inference_mode():
                self._now = _without(self._now, places)

    def split(self, ids: Collection[int]) -> Self:
        """Move ``ids`` into a batch of their own, where they go on from the step they are at.

        Ids that are not in the batch are ignored.
        """
        moving = frozenset(ids)
        other = type(self)(self._model, forbidden=self._forbidden, boundaries=self._boundaries)
        places = [place for place, row in enumerate(self._rows) if row.job.id in moving]
        if self._now is not None and places:
            with torch.inference_mode():
                moved = self._now.select(places)
                self._now = _without(self._now, places)
            other._now = moved
        return other

    def absorb(self, other: RunningBatch[Memory, State]) -> None:
        """Move all rows of ``other``, a batch over the same network, into this one.

        Raises:
            ValueError: a job's id is in use here.
        """
        if shared := set(self.ids) & set(other.ids):
            raise ValueError(f"job {min(shared)}: the id is in use")
        if other._now is not None:
            with torch.inference_mode():
                self._now = self._now.concat(other._now) if self._now else other._now
            other._now = None

    def _advance(self, now: Snapshot[Memory, State]) -> tuple[Advanced, State, list[int]]:
        """The search and the network after a step, and the places of the rows that have ended."""
        if self._ranker is not None and now.plan.is_plain:
            advanced, attention, state = self._advance_ranked(now, self._ranker)
        else:
            advanced, attention, state = self._advance_densely(now)
        ended, _, unusable = advanced.verdicts.tolist()
        if any(unusable):
            jobs = [now.rows[place].job.id for place in _places(unusable)]
            raise DecodingError(f"the network's log-probabilities are not finite for jobs {jobs}")
        _record(now, attention, advanced.parents)
        return advanced, state, _places(ended)

    def _advance_ranked(
        self, now: Snapshot[Memory, State], ranker: Ranker[Memory, State]
    ) -> tuple[Advanced, Tensor, State]:
        """A step of a network that ranks its own words."""
        search = now.search
        out = ranker(search.last, search.log_probs, now.state, now.memory, 2 * now.plan.beam)
        advanced = advance_ranked(search, RankedInput(out.best, out.attention, now.memory.mask, now.plan))
        return advanced, out.attention, out.state

    def _advance_densely(self, now: Snapshot[Memory, State]) -> tuple[Advanced, Tensor, State]:
        """A step of a network that gives every log-probability."""
        out = self._model.step(now.search.last, now.state, now.memory)
        given = StepInput(out.log_probs, out.attention, now.memory.mask, self._words, now.plan)
        advanced = advance(now.search, given)
        _, ambiguous, _ = advanced.verdicts.tolist()  # the host waits for the device here
        if any(ambiguous):
            tied = torch.tensor(_places(ambiguous), device=self._model.device)
            advanced = advance(now.search, given, tied)
        return advanced, out.attention, out.state


def _record(now: Snapshot[Memory, State], attention: Tensor, parents: Tensor) -> None:
    """Let the rows that keep a trail remember the step that begins at ``now``."""
    trails = [(place, row, row.trail) for place, row in enumerate(now.rows) if row.trail is not None]
    if trails:
        frame = Frame.of(attention, parents)
        for place, row, trail in trails:
            trail.record(now.clock - row.joined_at, frame, place)


def _places(flags: Sequence[int]) -> list[int]:
    return [place for place, flag in enumerate(flags) if flag]


def _without(now: Snapshot[Memory, State], leaving: Sequence[int]) -> Snapshot[Memory, State] | None:
    """``now`` without the rows at places ``leaving``; None where nobody is left."""
    if not leaving:
        return now
    gone = frozenset(leaving)
    kept = [place for place in range(len(now.rows)) if place not in gone]
    return now.select(kept) if kept else None
