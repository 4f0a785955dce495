"""The engine's bounds: one frozen value."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

ENOUGH_FOR_KERNELS = 12
"""Hypotheses for one thread of the int8 kernels: with more, none of them is decoded in less time."""
KERNEL_TURN = 128
"""Hypotheses times steps of a turn of one thread of these kernels: some five milliseconds."""
LENGTH_HANDICAP_SECONDS = 0.035
"""Of what these kernels decode; see ``EngineLimits``."""


@dataclass(frozen=True, slots=True)
class EngineLimits:
    """What the queue may hold and what may run at once.

    Attributes:
        max_queue_segments: waiting segments.
        max_queue_tokens: their source tokens.
        max_running_rows: segments in the running batch.
        max_padded_tokens: rows x longest source x widest beam of the running batch. A segment that is over
            it alone still runs, alone.
        max_overtaken_seconds: a segment that does not fit the running batch may be overtaken by later ones
            that do until it has waited this long; then its place is kept.
        bulk_handicap_seconds: a bulk segment queues as if it had come this much later, so interactive work
            goes first, and yet no bulk segment waits for ever. Where bulk work runs apart, it does not count.
        bulk_apart: whether interactive and bulk work run in batches of their own, in turn; see
            ``service.engine.turns``.
        bulk_share: the share of the time that bulk work then gets at least.
        enough_hypotheses: so many hypotheses keep the processor busy, and more would only slow these down:
            the rows that go first in the queue's order take steps, as far as they have not more, and the
            others rest. None: a larger batch is always more efficient.
        turn_hypotheses: a turn takes as many steps as make, times hypotheses, this; at least one.
        length_handicap_seconds: a segment queues as if it had come this much later for each time that its
            work, tokens times beam, doubles. So short ones go before longer ones that came a little earlier.

    Raises:
        ValueError: a bound is out of range; the message names it.
    """

    max_queue_segments: int = 4096
    max_queue_tokens: int = 131_072
    max_running_rows: int = 64
    max_padded_tokens: int = 65_536
    max_overtaken_seconds: float = 0.25
    bulk_handicap_seconds: float = 5.0
    bulk_apart: bool = False
    bulk_share: float = 0.1
    enough_hypotheses: int | None = None
    turn_hypotheses: int = 1
    length_handicap_seconds: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name.endswith("_seconds"):
                if not (math.isfinite(value) and value >= 0):
                    raise ValueError(
                        f"{field.name} must be a finite number of seconds, at least 0, not {value}"
                    )
            elif field.name.startswith("max_") and value < 1:
                raise ValueError(f"{field.name} must be at least 1, not {value}")
        if not 0.0 < self.bulk_share < 1.0:
            raise ValueError(f"bulk_share must be between 0 and 1, not {self.bulk_share}")
        if self.turn_hypotheses < 1:
            raise ValueError(f"turn_hypotheses must be at least 1, not {self.turn_hypotheses}")
        if self.enough_hypotheses is not None and self.enough_hypotheses < 1:
            raise ValueError(f"enough_hypotheses must be at least 1 or None, not {self.enough_hypotheses}")

    def with_kernels(self, threads: int) -> EngineLimits:
        """These, where the int8 kernels decode, for which a larger batch is hardly more efficient.

        Args:
            threads: that they compute with.
        """
        return replace(
            self,
            enough_hypotheses=ENOUGH_FOR_KERNELS * threads,
            turn_hypotheses=KERNEL_TURN * threads,
            length_handicap_seconds=LENGTH_HANDICAP_SECONDS,
        )
