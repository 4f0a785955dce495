"""A step of rows whose search is told every log-probability, as a pure function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, NamedTuple

from torch import Tensor

from model.decoding.advance import StepInput, advance
from model.decoding.candidates import Words
from model.decoding.job import Finished
from model.decoding.results import translations
from model.decoding.snapshot import Snapshot
from model.decoding.trail import Frame
from model.errors import DecodingError
from model.interface import Memory, Seq2Seq, State


class After(NamedTuple, Generic[Memory, State]):
    """What a step leaves.

    Attributes:
        rows: those that go on; None where none does.
        finished: those that ended by it.
    """

    rows: Snapshot[Memory, State] | None
    finished: list[Finished]


def step_densely(
    model: Seq2Seq[Memory, State], words: Words, now: Snapshot[Memory, State]
) -> After[Memory, State]:
    """Advance every row by one token; rows that end by it leave.

    Raises:
        DecodingError: the network gave numbers that cannot be used; names the jobs.
    """
    now = now.with_room()
    out = model.step(now.search.last, now.state, now.memory)
    given = StepInput(out.log_probs, out.attention, now.memory.mask, words, now.plan)
    advanced = advance(now.search, given)
    ended_rows, unusable = advanced.verdicts.tolist()  # the host waits for the device here
    if any(unusable):
        raise not_finite([now.rows[place].job.id for place in _places(unusable)])
    _record(now, out.attention, advanced.parents)
    ended = _places(ended_rows)
    rows, state = [now.rows[place] for place in ended], out.state
    done = translations(advanced.search.shortlist, ended, rows, now.clock + 1)
    if now.plan.beam > 1:  # a single hypothesis continues itself
        state = state.reorder(advanced.parents)
    finished = [Finished(row.job.id, translation) for row, translation in zip(rows, done, strict=True)]
    return After(without(now.after(advanced.search, state), ended), finished)


def not_finite(jobs: Sequence[int]) -> DecodingError:
    """The error that the network's numbers cannot be used for ``jobs``."""
    return DecodingError(f"the network's log-probabilities are not finite for jobs {list(jobs)}")


def without(now: Snapshot[Memory, State], leaving: Sequence[int]) -> Snapshot[Memory, State] | None:
    """``now`` without the rows at places ``leaving``; None where nobody is left."""
    if not leaving:
        return now
    gone = frozenset(leaving)
    kept = [place for place in range(len(now.rows)) if place not in gone]
    return now.select(kept) if kept else None


def _record(now: Snapshot[Memory, State], attention: Tensor, parents: Tensor) -> None:
    """Let the rows that keep a trail remember the step that begins at ``now``."""
    trails = [(place, row, row.trail) for place, row in enumerate(now.rows) if row.trail is not None]
    if trails:
        frame = Frame.of(attention, parents)
        for place, row, trail in trails:
            trail.record(now.clock - row.joined_at, frame, place)


def _places(flags: Sequence[int]) -> list[int]:
    return [place for place, flag in enumerate(flags) if flag]
