"""Who joins the running batch next: decisions on plain numbers.

Nothing here knows of tensors, clocks or event loops; ``now`` is an argument, and the state is values. The
policy, between any two steps:

1. **Order.** Oldest first within a priority, but a segment queues as if it had come
   ``length_handicap_seconds`` later for each time that its work doubles, and bulk work as if it had come
   ``bulk_handicap_seconds`` later: others go first, but only so many of them.
2. **Budget.** What runs is padded to its longest source and widest beam, and that product is bounded.
3. **Work-conserving.** What fits starts at once; into an empty batch the first in order always fits.
4. **Overtaking.** A segment that does not fit yet may be overtaken by later ones that do, because
   idle rows serve nobody, but only until it has waited ``max_overtaken_seconds``. From then on its place is
   kept: the batch shrinks until it fits.
5. **Company.** A batch that was full takes nobody until an eighth of its rows is free: to join costs about
   as much for several as for one, and each who waits then would have waited long anyway.
6. **Enough.** Where a row costs the same in any company, a larger batch is a queue in disguise, without the
   queue's order. So there only the first rows in that order take steps, as many as keep the processor busy;
   the others rest. A segment joins when it is to take steps, and those that are next in the queue join with
   it, ``JOINING_TOKENS`` in all: to encode them one by one would take longer.

The handicap by length is the boost of Yu and Scully, "Strongly Tail-Optimal Scheduling in the Light-Tailed
M/G/1" (2024), ``log(1 / (1 - exp(-c * work))) / c``, where ``c * work`` is small: ``-log(work) / c`` and a
constant, which does not change the order. Their ``c`` depends on the load; ours is fixed.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from service.engine.limits import EngineLimits
from service.engine.request import Priority

REFILL_SHARE = 8
"""A batch with less than one row in so many free is full."""
JOINING_TOKENS = 128
"""Source tokens that are encoded at a time where only some rows take steps; a longer segment is alone."""
MAX_OVERTAKEN = 32
"""Segments passed over in one decision; bounds its time however long the queue is."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A segment in the queue, as far as scheduling is concerned.

    Attributes:
        id: unique, and growing in order of submission.
        source_tokens: what it costs to queue it.
        beam_size: hypotheses it decodes with.
        priority: who goes first.
        arrival: seconds on the caller's clock.
        deadline: seconds on the same clock, or None.
    """

    id: int
    source_tokens: int
    beam_size: int
    priority: Priority
    arrival: float
    deadline: float | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """What a running batch costs: every row is padded to the longest source and the widest beam."""

    rows: int = 0
    longest_source: int = 0
    widest_beam: int = 0

    @property
    def padded_tokens(self) -> int:
        """Rows x longest source x widest beam."""
        return self.rows * self.longest_source * self.widest_beam

    def plus(self, entry: Waiting) -> Load:
        """The load with ``entry`` as one more row."""
        return Load(
            rows=self.rows + 1,
            longest_source=max(self.longest_source, entry.source_tokens),
            widest_beam=max(self.widest_beam, entry.beam_size),
        )

    @classmethod
    def of(cls, running: Collection[Waiting]) -> Load:
        """The load of these rows."""
        return cls(
            rows=len(running),
            longest_source=max((entry.source_tokens for entry in running), default=0),
            widest_beam=max((entry.beam_size for entry in running), default=0),
        )


def is_expired(entry: Waiting, now: float) -> bool:
    """Whether the deadline of ``entry`` has passed; at the deadline itself it has."""
    return entry.deadline is not None and entry.deadline <= now


def place(entry: Waiting, limits: EngineLimits) -> tuple[float, int]:
    """What the queue is sorted by; it never changes while a segment waits."""
    handicap = limits.bulk_handicap_seconds if entry.priority is Priority.BULK else 0.0
    handicap += limits.length_handicap_seconds * math.log2(entry.source_tokens * entry.beam_size)
    return entry.arrival + handicap, entry.id


def stepping(rows: Collection[Waiting], limits: EngineLimits) -> list[Waiting]:
    """Those of ``rows`` that take steps: the first in order, as far as they are not more than enough."""
    if limits.enough_hypotheses is None:
        return list(rows)
    first: list[Waiting] = []
    hypotheses = 0
    for entry in sorted(rows, key=lambda row: place(row, limits)):
        hypotheses += entry.beam_size
        if first and hypotheses > limits.enough_hypotheses:
            break
        first.append(entry)
    return first


def steps_of_turn(rows: Collection[Waiting], limits: EngineLimits) -> int:
    """How many steps these rows take in a turn, unless one of them ends before."""
    return max(1, limits.turn_hypotheses // max(1, sum(entry.beam_size for entry in rows)))


def admit(
    waiting: Iterable[Waiting], running: Collection[Waiting], limits: EngineLimits, now: float
) -> list[Waiting]:
    """The segments to join the running batch now.

    Args:
        waiting: the queue, sorted by ``place``; read only as far as needed.
        running: the rows of the batch.
        limits: the bounds.
        now: seconds on the clock of ``Waiting.arrival``.
    """
    fitting = _fitting(waiting, Load.of(running), limits, now)
    if limits.enough_hypotheses is None:
        return list(fitting)
    group = first_few(fitting, JOINING_TOKENS)
    return group if group and group[0] in stepping([*running, group[0]], limits) else []


def first_few(entries: Iterable[Waiting], most_tokens: int) -> list[Waiting]:
    """The first of ``entries`` that have so few source tokens together; at least one, if there is one."""
    few: list[Waiting] = []
    tokens = 0
    for entry in entries:
        tokens += entry.source_tokens
        if few and tokens > most_tokens:
            break
        few.append(entry)
    return few


def _fitting(waiting: Iterable[Waiting], load: Load, limits: EngineLimits, now: float) -> Iterator[Waiting]:
    """Those that may join a batch of ``load`` within its budget, in order."""
    overtaken = 0
    if load.rows > limits.max_running_rows - limits.max_running_rows // REFILL_SHARE:
        return
    for entry in waiting:
        if load.rows >= limits.max_running_rows:
            break
        grown = load.plus(entry)
        if load.rows == 0 or grown.padded_tokens <= limits.max_padded_tokens:
            yield entry
            load = grown
            continue
        overtaken += 1
        if overtaken > MAX_OVERTAKEN or now - entry.arrival >= limits.max_overtaken_seconds:
            break
