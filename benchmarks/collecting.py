"""LitServe's way to batch, by the clock of ``benchmarks.virtual_time`` and without its server.

LitServe collects requests until a batch is full or its time is over, calls the model once, and answers
all of them when it returns. Its processes and its HTTP server cost nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.virtual_time import EngineRun, SkippingClock, TimedRequest
from service.engine.request import SegmentRequest

Translate = Callable[[Sequence[SegmentRequest]], None]
"""Translates a batch."""


@dataclass(frozen=True, slots=True)
class Collecting:
    """``litserve.LitAPI``'s settings.

    Attributes:
        max_batch_size: requests of a batch.
        batch_timeout: seconds that a batch is collected for, unless it is full before.
    """

    max_batch_size: int
    batch_timeout: float


def run_collecting(
    requests: Sequence[TimedRequest],
    translate: Translate,
    rule: Collecting,
    clock: SkippingClock | None = None,
) -> EngineRun:
    """Let requests come, each at its time, and be translated in batches.

    Args:
        requests: in order of time.
        translate: by the network, on this thread.
        rule: when a batch is begun.
        clock: default: a fresh one.
    """
    clock = clock or SkippingClock()
    ended: list[float] = []
    while len(ended) < len(requests):
        batch = _collect(requests, len(ended), rule, clock)
        translate([timed.request for timed in batch])
        ended += [clock()] * len(batch)
    latencies = tuple(end - timed.at for end, timed in zip(ended, requests, strict=True))
    return EngineRun(latencies, clock())


def _collect(
    requests: Sequence[TimedRequest], begin: int, rule: Collecting, clock: SkippingClock
) -> Sequence[TimedRequest]:
    """The next batch, first come, first served, collected from now on; not empty.

    Windows follow one another while nothing comes, so the first request waits for what is left of its own.
    """
    first, now = requests[begin].at, clock()
    windows_passed = max(0.0, (first - now) // rule.batch_timeout)
    close = now + (windows_passed + 1.0) * rule.batch_timeout
    end = begin
    while end < len(requests) and end - begin < rule.max_batch_size and requests[end].at < close:
        end += 1
    full = end - begin == rule.max_batch_size
    clock.skip_to(requests[end - 1].at if full else close)
    return requests[begin:end]
