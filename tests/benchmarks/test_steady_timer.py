"""Processor time at the speed of the beginning, against a processor whose speed is known."""

from __future__ import annotations

import pytest

from benchmarks.steady_timer import LOOK_SECONDS, SteadyTimer


class Processor:
    """Does what takes ``seconds`` at full speed, at the speed of the moment."""

    def __init__(self) -> None:
        self.speed = 1.0
        self.now = 7.0

    def do(self, seconds: float = 0.002) -> None:
        self.now += seconds / self.speed


def work(processor: Processor, timer: SteadyTimer, seconds: float) -> float:
    """What the timer says that ``seconds`` of work take, done a millisecond at a time."""
    begin = timer()
    for _ in range(round(seconds / 0.001)):
        processor.do(0.001)
        timer()
    return timer() - begin


def test_at_full_speed_it_tells_the_time_without_that_of_its_looks() -> None:
    processor = Processor()
    timer = SteadyTimer(processor.do, lambda: processor.now)
    assert timer() == 0.0
    assert work(processor, timer, 1.0) == pytest.approx(1.0)


@pytest.mark.parametrize("speed", [0.5, 0.8, 1.25])
def test_at_another_speed_the_same_work_takes_the_same_time(speed: float) -> None:
    processor = Processor()
    timer = SteadyTimer(processor.do, lambda: processor.now)
    processor.speed = speed
    work(processor, timer, 2 * LOOK_SECONDS)  # by then it has been seen
    assert work(processor, timer, 2.0) == pytest.approx(2.0, rel=0.01)


def test_it_never_goes_back() -> None:
    processor = Processor()
    timer = SteadyTimer(processor.do, lambda: processor.now)
    told = [timer()]
    for number in range(400):
        processor.speed = 0.3 if number // 40 % 2 else 1.0
        processor.do(0.004)
        told.append(timer())
    assert told == sorted(told)
