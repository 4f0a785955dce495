"""Whose turn it is: what runs in one batch, and what in two that step in turn. Decisions on plain numbers.

Where many rows cost hardly more than one, as on a GPU, everything shares one batch (``OneBatch``). On a CPU
a row costs nearly the same in a batch as alone: an interactive row in a batch with 60 bulk rows would be
slowed down sixtyfold, and nobody would gain by it. There the two kinds run apart and take turns
(``Apart``): the bulk batch is put aside between two steps, which costs nothing, as its state is a value.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from service.engine.limits import EngineLimits
from service.engine.request import Priority
from service.engine.scheduler import Load, Waiting, admit, first_few, stepping, steps_of_turn

CALM_PLACES, BUSY_PLACES = 0.75, 0.25
"""The part of the rows and of the padded tokens that bulk work may take: in calm moments, and in others."""
BUSY_TURN = 0.5
"""The length of a turn of bulk work in other moments, as a part of that of others."""
CALM_SECONDS = 10.0
"""So long after the last interactive work it is calm."""
MAX_JOINING_TOKENS = 64
"""Source tokens of bulk work that are encoded in one turn; a longer segment is encoded alone."""


class Queue(Protocol):
    """What waits, as far as schedulers are concerned."""

    def __iter__(self) -> Iterator[Waiting]:
        """All, first to run first."""
        ...

    def line(self, priority: Priority) -> Collection[Waiting]:
        """Those of one priority, first to run first."""
        ...


@dataclass(frozen=True, slots=True)
class Turn:
    """What is to be done next.

    Attributes:
        lane: the batch that is to be joined and to step.
        admitted: the segments that join it.
        rows: those that take steps then; None: all of the batch.
        steps: how many, unless one of the rows ends before.
    """

    lane: Priority
    admitted: list[Waiting]
    rows: frozenset[int] | None = None
    steps: int = 1

    @classmethod
    def of(
        cls, lane: Priority, running: Collection[Waiting], admitted: list[Waiting], limits: EngineLimits
    ) -> Turn:
        """A turn of ``running`` and ``admitted``, as ``limits`` want it."""
        rows = stepping([*running, *admitted], limits)
        resting = len(rows) < len(running) + len(admitted)
        some = frozenset(entry.id for entry in rows) if resting else None
        return cls(lane, admitted, some, steps_of_turn(rows, limits))


class Scheduler(Protocol):
    """Decides what the engine's thread does; asked between any two steps."""

    def turn(self, queue: Queue, running: Collection[Waiting], now: float) -> Turn:
        """The next turn.

        Where something runs or waits, something of it runs in some turn: no segment waits for ever.

        Args:
            queue: what waits.
            running: what is in a batch.
            now: seconds on the clock of ``Waiting.arrival``.
        """
        ...

    def spent(self, seconds: float) -> None:
        """So long the last turn took."""
        ...


class OneBatch:
    """Everything runs in one batch; bulk work waits longer for its place in it."""

    def __init__(self, limits: EngineLimits) -> None:
        self._limits = limits

    def turn(self, queue: Queue, running: Collection[Waiting], now: float) -> Turn:
        """See ``Scheduler``."""
        admitted = admit(queue, running, self._limits, now)
        return Turn.of(Priority.INTERACTIVE, running, admitted, self._limits)

    def spent(self, seconds: float) -> None:
        """Does not matter."""


class Apart:
    """Interactive and bulk work run in batches of their own.

    1. **Interactive first.** While interactive work runs or waits, it has the turns.
    2. **No starvation.** For each second that it takes while bulk work is there, bulk work earns
       ``bulk_share / (1 - bulk_share)`` seconds, and has a turn as soon as it can pay for one as long as its
       last. What it takes while there is nothing else is free.
    3. **Places are kept.** Bulk work gets only a part of the rows and of the padded tokens, so that
       interactive work never waits for bulk rows to end. One row of each kind always fits.
    4. **Short turns.** An interactive segment that comes while bulk work has its turn waits for its end.
       So where there was interactive work lately, bulk work gets fewer places, though larger batches are
       somewhat more efficient, and takes fewer steps a turn; and it never gets many newcomers a turn.
    """

    def __init__(self, limits: EngineLimits) -> None:
        self._limits = limits
        self._calm = _part(limits, CALM_PLACES)
        self._busy = replace(
            _part(limits, BUSY_PLACES), turn_hypotheses=max(1, int(limits.turn_hypotheses * BUSY_TURN))
        )
        self._rate = limits.bulk_share / (1.0 - limits.bulk_share)
        self._lane = Priority.INTERACTIVE
        self._contested = False
        self._interactive_at = -math.inf
        self._earned = 0.0
        self._last_bulk = 0.0

    def turn(self, queue: Queue, running: Collection[Waiting], now: float) -> Turn:
        """See ``Scheduler``."""
        rows = {lane: [entry for entry in running if entry.priority is lane] for lane in Priority}
        has = {lane: bool(rows[lane]) or bool(queue.line(lane)) for lane in Priority}
        self._lane = self._choose(has[Priority.INTERACTIVE], has[Priority.BULK])
        if has[Priority.INTERACTIVE]:
            self._interactive_at = now
        line, own = queue.line(self._lane), rows[self._lane]
        if self._lane is Priority.INTERACTIVE:
            limits = self._beside(Load.of(rows[Priority.BULK]))
        else:
            limits = self._calm if now - self._interactive_at > CALM_SECONDS else self._busy
        admitted = admit(line, own, limits, now) if line else []
        if self._lane is Priority.BULK:
            admitted = first_few(admitted, MAX_JOINING_TOKENS)
        return Turn.of(self._lane, own, admitted, limits)

    def spent(self, seconds: float) -> None:
        """See ``Scheduler``."""
        if self._lane is Priority.BULK:
            self._last_bulk = seconds
            self._earned -= seconds if self._contested else 0.0
        elif self._contested:
            self._earned += seconds * self._rate

    def _choose(self, interactive: bool, bulk: bool) -> Priority:
        self._contested = interactive and bulk
        if self._contested:
            return Priority.BULK if self._earned >= self._last_bulk else Priority.INTERACTIVE
        self._earned = 0.0
        return Priority.BULK if bulk else Priority.INTERACTIVE

    def _beside(self, bulk: Load) -> EngineLimits:
        """What is left for interactive work."""
        if not bulk.rows:
            return self._limits
        return replace(
            self._limits,
            max_running_rows=max(1, self._limits.max_running_rows - bulk.rows),
            max_padded_tokens=max(1, self._limits.max_padded_tokens - bulk.padded_tokens),
        )


def _part(limits: EngineLimits, part: float) -> EngineLimits:
    """``limits`` with a part of the places."""
    return replace(
        limits,
        max_running_rows=max(1, int(limits.max_running_rows * part)),
        max_padded_tokens=max(1, int(limits.max_padded_tokens * part)),
    )


def scheduler_for(limits: EngineLimits) -> Scheduler:
    """The scheduler that ``limits`` ask for."""
    return Apart(limits) if limits.bulk_apart else OneBatch(limits)
