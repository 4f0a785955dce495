"""The engine's bounds: one frozen value."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields


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
