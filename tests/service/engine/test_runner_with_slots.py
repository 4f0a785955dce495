"""Bisection over slots: a row without usable numbers is found as it is without them."""

from __future__ import annotations

from model.config import DecodingOptions
from model.decoding import Job, Translation
from model.errors import DecodingError
from model.slots import SlotBatch, SlotShape
from model.slots.pool import SlotPool
from model.tokenizer import EOS
from service.engine.limits import EngineLimits
from service.engine.request import Priority
from service.engine.runner import Failure, Runner
from tests.model.slots.samples import POISON, PoisonedNetwork, alone, assert_same, network, slot_searches


def test_whoever_shares_slots_with_a_poisonous_row_is_translated() -> None:
    model = network(kind=PoisonedNetwork)
    pool = SlotPool(slot_searches(model, SlotShape(8, 5, 20, 12)))
    runner = Runner(lambda: SlotBatch(model, pool), (5, 6, EOS), EngineLimits(max_running_rows=8))
    runner.warm_up()
    options = DecodingOptions(max_length=10)
    jobs = [Job(number, (5, 10 + number, EOS), options) for number in range(7)]
    poisonous = Job(9, (5, POISON, EOS), options)
    assert runner.join(Priority.INTERACTIVE, [*jobs, poisonous]) == []
    finished: dict[int, Translation] = {}
    failed: list[Failure] = []
    for _ in range(30):
        advance = runner.step(Priority.INTERACTIVE)
        finished |= {each.id: each.translation for each in advance.finished}
        failed += advance.failed
    assert [failure.id for failure in failed] == [9]
    assert isinstance(failed[0].error, DecodingError)
    assert finished.keys() == {job.id for job in jobs}
    for job in jobs:
        assert_same(finished[job.id], alone(model, job))
