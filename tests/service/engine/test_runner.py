"""Bisection: whoever shares a batch with a poisonous row gets what it gets alone."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.config import DecodingOptions
from model.decoding import Job, RunningBatch, Translation
from service.engine.limits import EngineLimits
from service.engine.request import Priority
from service.engine.runner import Runner
from tests.service.engine.fakes import (
    ENCODE_POISON,
    NAN_POISON,
    SAMPLE,
    STEP_POISON,
    HashNetwork,
)

LANE = Priority.INTERACTIVE


def make_jobs(count: int, seed: int = 0) -> list[Job]:
    draw = random.Random(seed)
    return [
        Job(
            number,
            tuple(draw.randrange(4, 20) for _ in range(draw.randint(1, 9))),
            DecodingOptions(beam_size=draw.randint(1, 4)),
        )
        for number in range(count)
    ]


def poisoned(job: Job, token: int) -> Job:
    return Job(job.id, (*job.source, token), job.options)


def alone(job: Job) -> Translation:
    batch = RunningBatch(HashNetwork())
    batch.join([job])
    while not (finished := batch.step()):
        pass
    return finished[0].translation


def make_runner(network: HashNetwork) -> Runner:
    return Runner(lambda: RunningBatch(network), SAMPLE, EngineLimits())


def run_out(runner: Runner) -> tuple[dict[int, Translation], list[int]]:
    """What finishes and what fails until the batch is empty."""
    results: dict[int, Translation] = {}
    failed: list[int] = []
    for _ in range(100):
        advance = runner.step(LANE)
        assert not results.keys() & {item.id for item in advance.finished}
        results |= {item.id: item.translation for item in advance.finished}
        failed += [failure.id for failure in advance.failed]
    return results, failed


def test_what_cannot_be_encoded_stays_out_and_the_others_join() -> None:
    jobs = make_jobs(33)
    for number in (0, 7, 8, 32):
        jobs[number] = poisoned(jobs[number], ENCODE_POISON)
    runner = make_runner(HashNetwork())
    assert [failure.id for failure in runner.join(LANE, jobs)] == [0, 7, 8, 32]
    results, failed = run_out(runner)
    assert results == {job.id: alone(job) for job in jobs if job.id not in (0, 7, 8, 32)}
    assert failed == []


@pytest.mark.parametrize("poison", [STEP_POISON, NAN_POISON])
@settings(max_examples=10, deadline=None)
@given(poisonous=st.sets(st.integers(0, 16)))
def test_a_failing_step_costs_only_the_rows_that_fail_it(poison: int, poisonous: set[int]) -> None:
    jobs = [poisoned(job, poison) if job.id in poisonous else job for job in make_jobs(17)]
    runner = make_runner(HashNetwork())
    assert runner.join(LANE, jobs[:9]) == []
    first = runner.step(LANE)  # the others join a step later, so that poison acts on two occasions
    assert runner.join(LANE, jobs[9:]) == []
    results, failed = run_out(runner)
    results |= {item.id: item.translation for item in first.finished}
    assert set(failed) <= poisonous
    assert len(failed) == len(set(failed))
    assert results == {job.id: alone(job) for job in jobs if job.id not in failed}


def test_one_poisonous_row_is_found_in_logarithmic_time() -> None:
    network = HashNetwork()
    runner = make_runner(network)
    jobs = make_jobs(64)
    jobs[40] = poisoned(jobs[40], STEP_POISON)
    runner.join(LANE, jobs)
    clean_steps = max(alone(job).steps for job in jobs if job.id != 40)
    network.calls.clear()
    assert run_out(runner)[1] == [40]
    assert network.calls["step"] <= clean_steps + 2 * math.log2(64)


def test_when_all_rows_fail_the_batch_is_empty_and_usable() -> None:
    runner = make_runner(HashNetwork())
    jobs = [poisoned(job, STEP_POISON) for job in make_jobs(5)]
    runner.join(LANE, jobs)
    results, failed = run_out(runner)
    assert (results, sorted(failed)) == ({}, [0, 1, 2, 3, 4])
    clean = make_jobs(3, seed=1)
    runner.join(LANE, clean)
    assert run_out(runner)[0] == {job.id: alone(job) for job in clean}


def test_warming_up_reaches_the_largest_batch_and_leaves_nothing_running() -> None:
    network = HashNetwork()
    limits = EngineLimits(max_running_rows=8, max_padded_tokens=400)
    runner = Runner(lambda: RunningBatch(network), SAMPLE, limits)
    runner.warm_up()
    assert (
        7,
        10,
    ) in network.encoded_shapes  # beside the one row that runs already: 8 rows x 10 tokens x beam 5
    assert runner.step(LANE).finished == []


def test_a_probe_shows_a_broken_network() -> None:
    network = HashNetwork()
    runner = make_runner(network)
    runner.probe()
    network.broken = True
    with pytest.raises(RuntimeError, match="made to fail"):
        runner.probe()
