"""The engine by a clock of its own: against queues that can be worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from torch import Tensor

from benchmarks.collecting import Collecting, run_collecting
from benchmarks.request_level import RequestLevel
from benchmarks.virtual_time import SkippingClock, TimedRequest, run_engine
from model.config import DecodingOptions
from model.decoding import RunningBatch
from model.interface import Step
from model.tokenizer import EOS
from service.engine.limits import EngineLimits
from service.engine.request import Priority, SegmentRequest
from service.errors import TranslationFailed
from tests.service.engine.fakes import STEP_POISON, HashMemory, HashNetwork, HashState

LIMITS = EngineLimits(max_running_rows=2)


class Timer:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


class TimedNetwork(HashNetwork):
    """A network whose every step takes a second, whatever is in it."""

    def __init__(self, timer: Timer) -> None:
        super().__init__()
        self._timer = timer

    def step(self, tokens: Tensor, state: HashState, memory: HashMemory) -> Step[HashState]:
        self._timer.now += 1.0
        return super().step(tokens, state, memory)


def timed(at: float, steps: int, priority: Priority = Priority.INTERACTIVE, token: int = 5) -> TimedRequest:
    """A request whose translation takes ``steps`` steps."""
    options = DecodingOptions(beam_size=1, min_length=steps - 1, max_length=steps - 1)
    return TimedRequest(at, SegmentRequest((token, EOS), options, priority))


def run(
    requests: Sequence[TimedRequest], limits: EngineLimits = LIMITS, *, request_level: bool = False
) -> tuple[float, ...]:
    timer = Timer()
    network = TimedNetwork(timer)
    scheduler = RequestLevel(limits) if request_level else None
    return run_engine(
        requests, lambda: RunningBatch(network), limits, scheduler, SkippingClock(timer)
    ).latencies


def test_idle_time_is_skipped_and_does_not_count() -> None:
    assert run([timed(10.0, 3), timed(1000.0, 4)]) == (3.0, 4.0)


def test_who_comes_while_others_run_joins_them() -> None:
    assert run([timed(0.0, 6), timed(1.5, 2)]) == (6.0, 2.5)  # it joins at second 2


def test_who_finds_no_place_waits_for_one() -> None:
    assert run([timed(0.0, 6), timed(0.0, 3), timed(0.0, 2)]) == (6.0, 3.0, 5.0)


def test_at_request_level_nobody_joins_before_the_batch_has_ended() -> None:
    requests = [timed(0.0, 6), timed(0.0, 3), timed(1.0, 2), timed(1.0, 4)]
    assert run(requests, request_level=True) == (6.0, 3.0, 7.0, 9.0)
    assert run(requests) == (6.0, 3.0, 4.0, 8.0)


def test_interactive_work_beside_bulk_work_takes_as_long_as_alone_but_for_the_turn_under_way() -> None:
    limits = EngineLimits(max_running_rows=8, bulk_apart=True)
    bulk = [timed(0.0, 30, Priority.BULK) for _ in range(4)]
    (*_, alone) = run([timed(4.5, 3)], limits)
    (*_, beside) = run([*bulk, timed(4.5, 3)], limits)
    assert (alone, beside) == (3.0, 3.5)


def test_a_segment_that_fails_fails_the_run() -> None:
    with pytest.raises(TranslationFailed):
        run([timed(0.0, 2), timed(0.0, 6, token=STEP_POISON)])


def collected(
    arrivals: Sequence[float], rule: Collecting, seconds: float
) -> tuple[list[int], tuple[float, ...]]:
    """Sizes of the batches, each of which takes ``seconds``, and latencies."""
    timer, sizes = Timer(), list[int]()

    def translate(batch: Sequence[SegmentRequest]) -> None:
        sizes.append(len(batch))
        timer.now += seconds

    requests = [timed(at, 2) for at in arrivals]
    return sizes, run_collecting(requests, translate, rule, SkippingClock(timer)).latencies


def test_a_batch_is_collected_until_its_time_is_over() -> None:
    # Windows begin at 0, 2 and 4 s; the third has both, and is over at 6 s.
    sizes, latencies = collected([4.5, 5.5], Collecting(8, 2.0), seconds=1.0)
    assert (sizes, latencies) == ([2], (2.5, 1.5))


def test_a_full_batch_begins_at_once() -> None:
    sizes, latencies = collected([0.5, 1.0, 1.5], Collecting(2, 8.0), seconds=4.0)
    assert sizes == [2, 1]
    assert latencies == (4.5, 4.0, 15.5)  # the third is collected from 5 s until 13 s


def test_who_comes_while_a_batch_runs_is_in_the_next_and_all_are_answered_together() -> None:
    sizes, latencies = collected([0.0, 2.0, 3.0], Collecting(8, 1.0), seconds=10.0)
    assert sizes == [1, 2]
    assert latencies == (11.0, 20.0, 19.0)
