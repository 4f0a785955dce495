"""Sentences decoded in slots: the host's side."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from model.decoding.candidates import Words
from model.decoding.hypothesis import Translation
from model.decoding.job import Finished, Job
from model.decoding.results import hypotheses
from model.decoding.snapshot import Row
from model.padding import pad_ids
from model.recurrent import RecurrentSeq2Seq
from model.slots.buffers import Slots
from model.slots.replay import stepper, take_all
from model.slots.seats import Seats, Sitter
from model.slots.shape import SlotShape
from model.slots.step import advance_slots
from model.transfer import Parcel, send

STEPS_PER_LOOK = 4
"""Steps taken before the host looks at what has ended."""

AHEAD_ROWS = 16
"""With more rows, the next steps are started before the host looks at the last ones.

The device then never waits for the host, and a row that has ended rests for as many steps more before it is
noticed. With few rows it is the sentence that would wait, and the host has little to do.
"""


class Look(NamedTuple):
    """What a look at the slots brought.

    Attributes:
        finished: translations.
        given_back: jobs that have left without one, as the network's numbers for them were none.
    """

    finished: list[Finished]
    given_back: list[Job]


@dataclass(frozen=True)
class _Report:
    """Where the rows stood after some steps.

    Attributes:
        sitters: who was in the slots then, and in which.
        numbers: whether each slot rests, whether it is unusable, and its length; int64 ``[3, slots]``.
    """

    sitters: list[tuple[Sitter, int]]
    numbers: Parcel


@dataclass(frozen=True)
class _Harvest:
    """Rows that have ended and left their slots, and their results on the way to the host.

    Attributes:
        sitters: whose they are.
        steps: how many each took.
        capacity: token positions in ``packed``.
        packed: as ``Shortlist.pack`` has it.
    """

    sitters: list[Sitter]
    steps: list[int]
    capacity: int
    packed: Parcel


class SlotSearch:
    """Decodes beam searches that fit its slots, with the results of ``RunningBatch``.

    Not thread-safe. Must be used in inference mode, as ``SlotBatch`` does.

    Args:
        model: a network with attention, in evaluation mode.
        shape: the slots.
        forbidden: token ids never produced.
        record: whether a CUDA device replays recorded steps, or is told each operation.
        steps_per_look: steps taken before the host looks at what has ended.
    """

    def __init__(
        self,
        model: RecurrentSeq2Seq,
        shape: SlotShape,
        forbidden: Collection[int],
        *,
        record: bool = True,
        steps_per_look: int = STEPS_PER_LOOK,
    ) -> None:
        self.shape = shape
        self._model = model
        self._words = Words.of(model.vocabulary_size, forbidden, model.device)
        self._steps_per_look = steps_per_look
        with torch.inference_mode():
            self._blank = Slots.blank(model, shape)
            self._slots = self._blank.repeated(shape.rows)
        self._step = stepper(self._advance, model.device, record=record)
        self._seats = Seats(shape.rows)
        self._report: _Report | None = None
        self._harvests: list[_Harvest] = []

    @property
    def free(self) -> int:
        """How many more jobs may join."""
        return self._seats.free

    @property
    def jobs(self) -> list[Job]:
        """Those that have joined and whose translations are still to come."""
        return [sitter.job for sitter in self._sitters]

    @property
    def padded_tokens(self) -> int:
        """Source positions that a step reads, padding included."""
        return self.shape.count_for(self._seats.span) * self._width if self._seats.taken else 0

    @property
    def _sitters(self) -> list[Sitter]:
        leaving = [sitter for harvest in self._harvests for sitter in harvest.sitters if sitter.wanted]
        return leaving + self._seats.sitters

    @property
    def _width(self) -> int:
        return self.shape.width_for(max(len(sitter.job.source) for sitter in self._seats.sitters))

    def warm_up(self) -> None:
        """Take every kind of step once, while all slots are free, so that none is recorded under load."""
        take_all(self._step, self.shape.counts, self.shape.widths)

    def join(self, jobs: Sequence[Job]) -> None:
        """Encode ``jobs`` as one padded batch; their first step is the next. Nobody joins if it raises.

        Args:
            jobs: they fit, and slots are free for them.
        """
        source, mask = (send(part, self._model.device) for part in pad_ids([job.source for job in jobs]))
        memory = self._model.encode(source, mask)
        rows = self._blank.beginning(jobs, memory, self._model.init_state(memory, self.shape.beam))
        sitters = self._seats.take(jobs)
        try:
            self._slots.put(self._places(sitters), rows)
        except Exception:
            for sitter in sitters:
                self._seats.leave(sitter)
            raise

    def remove(self, ids: Collection[int]) -> list[Job]:
        """Take ``ids`` out without a result; ids that are not here are ignored. The jobs that have left."""
        leaving = [sitter for sitter in self._sitters if sitter.job.id in ids]
        if seated := [sitter for sitter in leaving if sitter.slot is not None]:
            self._slots.stop(self._places(seated))
        for sitter in seated:
            self._seats.leave(sitter)
        for sitter in leaving:
            sitter.wanted = False
        return [sitter.job for sitter in leaving]

    def step(self) -> Look:
        """Take some steps, and look at what has ended since the host looked last."""
        steps = min(self._steps_per_look, max((each.steps_left for each in self._seats.sitters), default=0))
        ahead = steps > 0 and self._seats.taken > AHEAD_ROWS
        earlier, before = len(self._harvests), self._report
        self._report = self._take(steps) if steps > 0 else None
        given_back = self._read(before) if before else []
        if self._report and not ahead:
            given_back += self._read(self._report)
            self._report = None
        ready = self._harvests[:earlier] if ahead else self._harvests
        finished = [each for harvest in ready for each in _translations(harvest)]
        self._harvests = self._harvests[len(ready) :]
        return Look(finished, given_back)

    def _advance(self, count: int, width: int) -> None:
        """One step, to be recorded."""
        advance_slots(self._model, self._words, self._slots.first(count, width))

    def _take(self, steps: int) -> _Report:
        """Take ``steps`` steps; where the rows stand then."""
        seats = self._seats
        count, width = self.shape.count_for(seats.taken), self._width
        if seats.span > count:
            self._compact(count)
        for _ in range(steps):
            self._step(count, width)
        for sitter in seats.sitters:
            sitter.steps += steps
        slots = self._slots
        numbers = torch.stack([slots.resting.long(), slots.unusable.long(), slots.search.length])
        now = [(sitter, sitter.slot) for sitter in seats.sitters if sitter.slot is not None]
        return _Report(now, Parcel(numbers[:, :count]))

    def _compact(self, count: int) -> None:
        origins, places = zip(*self._seats.compact(count), strict=True)
        device = self._model.device
        self._slots.move(send(torch.tensor(origins), device), send(torch.tensor(places), device))

    def _read(self, report: _Report) -> list[Job]:
        """Harvest rows that have ended by ``report``; the jobs of those that were unusable.

        A row that has moved since has taken its results along.
        """
        resting, unusable, lengths = report.numbers.open().tolist()
        over = [
            (sitter, slot) for sitter, slot in report.sitters if resting[slot] and sitter.slot is not None
        ]
        done = [(sitter, lengths[slot]) for sitter, slot in over if not unusable[slot]]
        if done:
            self._harvest([sitter for sitter, _ in done], [steps for _, steps in done])
        failed = [sitter for sitter, slot in over if unusable[slot]]
        for sitter, _ in over:
            self._seats.leave(sitter)
        return [sitter.job for sitter in failed]

    def _harvest(self, sitters: list[Sitter], steps: list[int]) -> None:
        """Send for the results of rows that have ended."""
        jobs = [sitter.job for sitter in sitters]
        results = max(job.options.n_best for job in jobs)
        capacity, src_len = max(steps), max(len(job.source) for job in jobs)
        kept = self._slots.search.shortlist.select(self._places(sitters)).resize(results, capacity, src_len)
        packed = kept.pack(torch.arange(len(sitters), device=self._model.device))
        self._harvests.append(_Harvest(sitters, steps, capacity, Parcel(packed)))

    def _places(self, sitters: Sequence[Sitter]) -> Tensor:
        """The slots of ``sitters``, who have some, int64 ``[sitters]``."""
        slots = [sitter.slot for sitter in sitters if sitter.slot is not None]
        return send(torch.tensor(slots), self._model.device)


def _translations(harvest: _Harvest) -> list[Finished]:
    """The translations that somebody waits for."""
    rows = zip(harvest.sitters, harvest.steps, harvest.packed.open().tolist(), strict=True)
    return [
        Finished(
            sitter.job.id,
            Translation(hypotheses(Row(sitter.job, 0, None), numbers, harvest.capacity), steps),
        )
        for sitter, steps, numbers in rows
        if sitter.wanted
    ]
