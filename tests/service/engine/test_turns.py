"""Interactive and bulk work in batches of their own, on plain numbers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.engine.limits import EngineLimits
from service.engine.queue import WaitingQueue
from service.engine.request import Priority
from service.engine.scheduler import Load, Waiting
from service.engine.turns import (
    BUSY_PLACES,
    CALM_PLACES,
    CALM_SECONDS,
    MAX_JOINING_TOKENS,
    Apart,
    OneBatch,
    scheduler_for,
)

LIMITS = EngineLimits(max_running_rows=8, max_padded_tokens=8000, bulk_apart=True, bulk_share=0.2)
INTERACTIVE, BULK = Priority.INTERACTIVE, Priority.BULK


def waiting(entry_id: int, priority: Priority, tokens: int = 5, arrival: float = 0.0) -> Waiting:
    return Waiting(entry_id, tokens, 1, priority, arrival)


@dataclass
class Engine:
    """An engine of numbers: a segment takes ``steps`` turns, a turn ``seconds[lane]``."""

    limits: EngineLimits = LIMITS
    steps: int = 3
    seconds: dict[Priority, float] = field(default_factory=lambda: {INTERACTIVE: 0.01, BULK: 0.05})
    now: float = 0.0

    def __post_init__(self) -> None:
        self.scheduler = scheduler_for(self.limits)
        self.queue = WaitingQueue(self.limits)
        self.left: dict[int, int] = {}
        self.running: dict[int, Waiting] = {}
        self.ended: list[int] = []
        self.lanes: list[Priority] = []
        self.taken = dict.fromkeys(Priority, 0.0)

    def rows(self, lane: Priority) -> int:
        return sum(entry.priority is lane for entry in self.running.values())

    def turn(self) -> list[Waiting]:
        turn = self.scheduler.turn(self.queue, list(self.running.values()), self.now)
        for entry in turn.admitted:
            assert self.queue.remove(entry.id) is entry
            self.running[entry.id] = entry
            self.left[entry.id] = self.steps
        lane_rows = [entry.id for entry in self.running.values() if entry.priority is turn.lane]
        if turn.rows is not None:
            assert turn.rows < set(lane_rows)
            lane_rows = sorted(turn.rows)
        assert lane_rows, "a turn for nobody"
        for entry_id in lane_rows:
            self.left[entry_id] -= 1
            if not self.left[entry_id]:
                del self.running[entry_id]
                self.ended.append(entry_id)
        self.lanes.append(turn.lane)
        self.now += self.seconds[turn.lane]
        self.taken[turn.lane] += self.seconds[turn.lane]
        self.scheduler.spent(self.seconds[turn.lane])
        return turn.admitted


def test_the_limits_say_whether_bulk_work_runs_apart() -> None:
    assert isinstance(scheduler_for(LIMITS), Apart)
    assert isinstance(scheduler_for(EngineLimits()), OneBatch)


def test_interactive_work_has_the_turns_until_it_is_done_and_bulk_rows_wait() -> None:
    engine = Engine()
    engine.queue.add([waiting(0, BULK)])
    engine.turn()
    engine.queue.add([waiting(1, INTERACTIVE)])
    for _ in range(5):
        engine.turn()
    assert engine.lanes == [BULK, INTERACTIVE, INTERACTIVE, INTERACTIVE, BULK, BULK]
    assert engine.ended == [1, 0]


@pytest.mark.parametrize("bulk_seconds", [0.002, 0.05, 0.4])
def test_bulk_work_gets_its_share_of_the_time_however_long_its_turns_are(bulk_seconds: float) -> None:
    """Endless work of both kinds."""
    engine = Engine(seconds={INTERACTIVE: 0.01, BULK: bulk_seconds})
    for number in range(6000):
        if len(engine.queue.line(INTERACTIVE)) < 4:
            engine.queue.add([waiting(2 * number, INTERACTIVE, arrival=engine.now)])
        if len(engine.queue.line(BULK)) < 4:
            engine.queue.add([waiting(2 * number + 1, BULK, arrival=engine.now)])
        engine.turn()
    share = engine.taken[BULK] / (engine.taken[BULK] + engine.taken[INTERACTIVE])
    assert share == pytest.approx(LIMITS.bulk_share, rel=0.05)
    assert max(engine.ended) > 5000  # both kinds still end


def test_where_few_rows_are_enough_the_others_rest_and_turns_are_long() -> None:
    limits = replace(LIMITS, enough_hypotheses=2, turn_hypotheses=8, length_handicap_seconds=1.0)
    scheduler, queue = scheduler_for(limits), WaitingQueue(limits)
    queue.add([waiting(number, INTERACTIVE, tokens=5 + number) for number in range(5)])
    turn = scheduler.turn(queue, [], now=0.0)
    assert [entry.id for entry in turn.admitted] == [0, 1, 2, 3, 4]
    assert (turn.rows, turn.steps) == (frozenset({0, 1}), 4)
    for entry in turn.admitted:
        queue.remove(entry.id)
    queue.add([waiting(5, INTERACTIVE, tokens=1)])
    after = scheduler.turn(queue, turn.admitted, now=0.0)
    assert ([entry.id for entry in after.admitted], after.rows) == ([5], frozenset({5, 0}))
    last = scheduler.turn(WaitingQueue(limits), turn.admitted[:1], now=0.0)
    assert (last.admitted, last.rows, last.steps) == ([], None, 8)


def test_turns_of_bulk_work_are_shorter_where_there_was_interactive_work_lately() -> None:
    limits = replace(LIMITS, turn_hypotheses=12)
    queue = WaitingQueue(limits)
    queue.add([waiting(number, BULK) for number in range(2)])
    scheduler = scheduler_for(limits)
    assert scheduler.turn(queue, [], now=0.0).steps == 6
    scheduler.turn(WaitingQueue(limits), [waiting(9, INTERACTIVE)], now=1.0)
    assert scheduler.turn(queue, [], now=1.0 + CALM_SECONDS).steps == 3
    assert scheduler.turn(queue, [], now=1.1 + CALM_SECONDS).steps == 6


def test_what_bulk_work_takes_alone_is_neither_owed_nor_saved() -> None:
    engine = Engine(steps=100)
    engine.queue.add([waiting(0, BULK)])
    for _ in range(50):
        engine.turn()
    engine.queue.add([waiting(1, INTERACTIVE)])
    before = len(engine.lanes)
    while engine.lanes[-1] is not BULK or len(engine.lanes) == before:
        engine.turn()
    # It pays for the next turn alone: 0.05 s are a fifth of 0.25 s, so the other has 0.2 s before.
    assert engine.lanes[before:].count(INTERACTIVE) in (20, 21)


def test_bulk_work_takes_most_places_when_it_is_calm_and_few_when_it_is_not() -> None:
    def fill(engine: Engine) -> int:
        for _ in range(20):
            engine.turn()
        return engine.rows(BULK)

    calm, busy = Engine(steps=1000, now=100.0), Engine(steps=1000, now=100.0)
    for engine in (calm, busy):
        engine.scheduler.turn(WaitingQueue(LIMITS), [waiting(99, INTERACTIVE)], now=0.0)
        engine.queue.add([waiting(number, BULK) for number in range(20)])
    busy.now = CALM_SECONDS
    busy.seconds[BULK] = 0.0
    assert fill(calm) == CALM_PLACES * LIMITS.max_running_rows
    assert fill(busy) == BUSY_PLACES * LIMITS.max_running_rows


def test_interactive_work_finds_a_place_however_much_bulk_work_runs() -> None:
    engine = Engine(steps=1000)
    engine.queue.add([waiting(number, BULK) for number in range(20)])
    for _ in range(20):
        engine.turn()
    engine.queue.add([waiting(100, INTERACTIVE)])
    assert [entry.id for entry in engine.turn()] == [100]
    single = Engine(limits=EngineLimits(max_running_rows=1, max_padded_tokens=1, bulk_apart=True))
    single.queue.add([waiting(0, BULK)])
    single.turn()
    single.queue.add([waiting(1, INTERACTIVE)])
    assert [entry.id for entry in single.turn()] == [1]


def test_few_bulk_tokens_join_in_one_turn_but_always_one_segment() -> None:
    engine = Engine()
    tokens = MAX_JOINING_TOKENS // 2
    engine.queue.add([waiting(number, BULK, tokens) for number in range(3)])
    engine.queue.add([waiting(3, BULK, 10 * MAX_JOINING_TOKENS), waiting(4, BULK, 1)])
    joined = [[entry.id for entry in engine.turn()] for _ in range(4)]
    assert joined == [[0, 1], [2], [3], [4]]


@given(
    st.lists(
        st.tuples(st.sampled_from(Priority), st.integers(1, 60), st.integers(0, 30)), min_size=1, max_size=40
    ),
    st.integers(1, 9),
    st.integers(1, 500),
    st.integers(1, 5),
    st.none() | st.integers(1, 4),
)
def test_everything_runs_once_within_the_bounds_and_no_turn_is_for_nobody(
    work: list[tuple[Priority, int, int]], max_rows: int, max_tokens: int, steps: int, enough: int | None
) -> None:
    limits = EngineLimits(
        max_running_rows=max_rows, max_padded_tokens=max_tokens, bulk_apart=True, enough_hypotheses=enough
    )
    engine = Engine(limits=limits, steps=steps, seconds={INTERACTIVE: 1.0, BULK: 2.0})
    to_come = sorted(work, key=lambda one: one[2])
    number = 0
    while number < len(to_come) or len(engine.queue) or engine.running:
        while number < len(to_come) and to_come[number][2] <= engine.now:
            priority, tokens, arrival = to_come[number]
            engine.queue.add([waiting(number, priority, tokens, float(arrival))])
            number += 1
        if not (len(engine.queue) or engine.running):
            engine.now = float(to_come[number][2])
            continue
        engine.turn()
        loads = {
            lane: Load.of([entry for entry in engine.running.values() if entry.priority is lane])
            for lane in Priority
        }
        # One row of a kind that has no other always fits.
        assert sum(load.rows for load in loads.values()) <= max(max_rows, 2)
        if all(load.rows > 1 for load in loads.values()):
            assert sum(load.padded_tokens for load in loads.values()) <= max_tokens
        assert engine.now < 5000.0, "starved"
    assert sorted(engine.ended) == list(range(len(work)))
