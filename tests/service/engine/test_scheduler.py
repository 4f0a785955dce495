"""The policy, on plain integers."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.engine.limits import EngineLimits
from service.engine.request import Priority
from service.engine.scheduler import (
    JOINING_TOKENS,
    MAX_OVERTAKEN,
    Load,
    Waiting,
    admit,
    is_expired,
    place,
    stepping,
    steps_of_turn,
)

LIMITS = EngineLimits(max_running_rows=4, max_padded_tokens=40, max_overtaken_seconds=2.0)


def waiting(
    entry_id: int,
    source_tokens: int = 1,
    *,
    beam: int = 1,
    arrival: float | None = None,
    bulk: bool = False,
    deadline: float | None = None,
) -> Waiting:
    return Waiting(
        id=entry_id,
        source_tokens=source_tokens,
        beam_size=beam,
        priority=Priority.BULK if bulk else Priority.INTERACTIVE,
        arrival=float(entry_id) if arrival is None else arrival,
        deadline=deadline,
    )


def ids(entries: list[Waiting]) -> list[int]:
    return [entry.id for entry in entries]


def in_line(entries: list[Waiting], limits: EngineLimits = LIMITS) -> list[Waiting]:
    return sorted(entries, key=lambda entry: place(entry, limits))


def test_an_idle_batch_takes_what_fits_oldest_first() -> None:
    queue = [waiting(number, 10) for number in range(9)]
    assert ids(admit(queue, [], LIMITS, now=9.0)) == [0, 1, 2, 3]


def test_the_budget_counts_padding_to_the_longest_source_and_the_widest_beam() -> None:
    queue = [waiting(0, 10), waiting(1, 1, beam=2), waiting(2, 1)]
    assert ids(admit(queue, [], LIMITS, now=2.0)) == [0, 1]  # 2 x 10 x 2 = 40; 3 x 10 x 2 would be 60


def test_what_is_over_the_budget_alone_runs_alone() -> None:
    huge = waiting(0, 1000)
    assert ids(admit([huge, waiting(1)], [], LIMITS, now=2.0)) == [0]
    assert admit([waiting(1)], [huge], LIMITS, now=2.0) == []


def test_a_segment_that_does_not_fit_is_overtaken_only_for_a_while() -> None:
    running = [waiting(0, 10), waiting(1, 10)]
    queue = [waiting(2, 30), waiting(3, 10)]
    assert ids(admit(queue, running, LIMITS, now=3.9)) == [3]
    assert ids(admit(queue, running, LIMITS, now=4.0)) == []


def test_a_decision_reads_a_bounded_part_of_a_long_queue() -> None:
    running = [waiting(0, 10), waiting(1, 10)]
    queue = iter([waiting(number, 30, arrival=5.0) for number in range(2, 1000)])
    assert admit(queue, running, LIMITS, now=5.0) == []
    assert next(queue).id == 2 + MAX_OVERTAKEN + 1


def test_interactive_work_goes_before_bulk_but_not_for_ever() -> None:
    entries = [waiting(0, arrival=0.0, bulk=True)] + [waiting(n, arrival=float(n)) for n in range(1, 10)]
    limits = replace(LIMITS, bulk_handicap_seconds=5.0)
    assert ids(in_line(entries, limits)) == [1, 2, 3, 4, 0, 5, 6, 7, 8, 9]


def test_a_short_segment_goes_before_a_long_one_that_came_a_little_earlier() -> None:
    entries = [waiting(0, 64, arrival=0.0), waiting(1, 8, arrival=2.9), waiting(2, 8, arrival=3.1)]
    assert ids(in_line(entries, replace(LIMITS, length_handicap_seconds=1.0))) == [1, 0, 2]  # 3 doublings
    wide = [waiting(0, 8, beam=8, arrival=0.0), waiting(1, 8, arrival=2.9)]
    assert ids(in_line(wide, replace(LIMITS, length_handicap_seconds=1.0))) == [1, 0]


FEW = EngineLimits(max_running_rows=8, enough_hypotheses=4)


def test_the_first_rows_in_order_take_steps_as_far_as_they_are_not_more_than_enough() -> None:
    rows = [waiting(3), waiting(1, beam=2), waiting(0, beam=1), waiting(2, beam=2)]
    assert ids(stepping(rows, FEW)) == [0, 1]
    assert ids(stepping([waiting(1), waiting(0, beam=9)], FEW)) == [0]
    assert sorted(ids(stepping(rows, LIMITS))) == [0, 1, 2, 3]


def test_a_segment_joins_when_it_is_to_take_steps_and_the_next_ones_come_along() -> None:
    queue = [waiting(number, JOINING_TOKENS // 4) for number in range(2, 9)]
    assert ids(admit(queue, [waiting(0, beam=2), waiting(1)], FEW, now=9.0)) == [2, 3, 4, 5]
    assert admit(queue, [waiting(0, beam=2), waiting(1, beam=2)], FEW, now=9.0) == []
    assert ids(admit([waiting(2, 2 * JOINING_TOKENS), waiting(3)], [], FEW, now=9.0)) == [2]


def test_who_goes_before_those_that_run_joins_and_has_them_rest() -> None:
    limits = replace(FEW, length_handicap_seconds=1.0)
    running = [waiting(0, 64, beam=2, arrival=0.0), waiting(1, 64, beam=2, arrival=0.0)]  # at 7
    (short,) = admit([waiting(2, 1, arrival=6.9)], running, limits, now=7.0)
    assert ids(stepping([*running, short], limits)) == [2, 0]
    assert admit([waiting(2, 1, arrival=7.1)], running, limits, now=8.0) == []


def test_a_turn_is_as_many_steps_as_make_its_work() -> None:
    limits = replace(LIMITS, turn_hypotheses=20)
    assert steps_of_turn([waiting(0, beam=4), waiting(1, beam=2)], limits) == 3
    assert steps_of_turn([waiting(0, beam=12), waiting(1, beam=12)], limits) == 1
    assert steps_of_turn([waiting(0, beam=12)], LIMITS) == 1


def test_a_deadline_is_the_first_moment_that_is_too_late() -> None:
    entry = waiting(0, deadline=7.0)
    assert not is_expired(entry, 6.999)
    assert is_expired(entry, 7.0)
    assert not is_expired(waiting(1), 1e9)


entries_strategy = st.lists(
    st.builds(
        Waiting,
        id=st.just(0),
        source_tokens=st.integers(1, 50),
        beam_size=st.integers(1, 6),
        priority=st.sampled_from(Priority),
        arrival=st.integers(0, 20).map(float),
    ),
    max_size=40,
).map(lambda entries: [replace(entry, id=number) for number, entry in enumerate(entries)])

limits_strategy = st.builds(
    EngineLimits,
    max_running_rows=st.integers(1, 8),
    max_padded_tokens=st.integers(1, 400),
    max_overtaken_seconds=st.integers(0, 10).map(float),
    bulk_handicap_seconds=st.integers(0, 10).map(float),
    length_handicap_seconds=st.integers(0, 4).map(float),
)


def within(load: Load, limits: EngineLimits) -> bool:
    fits = load.padded_tokens <= limits.max_padded_tokens or load.rows == 1
    return load.rows <= limits.max_running_rows and fits


@given(entries_strategy, entries_strategy, limits_strategy)
def test_a_decision_is_within_budget_in_order_and_complete(
    queued: list[Waiting], offered_rows: list[Waiting], limits: EngineLimits
) -> None:
    now = 20.0
    running = admit(in_line(offered_rows, limits), [], limits, now)  # any batch that may have arisen
    line = in_line(queued, limits)
    admitted = admit(line, running, limits, now)
    load = Load.of(running)
    for entry in admitted:
        load = load.plus(entry)
    assert load == Load.of(running + admitted)

    assert within(load, limits)
    assert admitted == [entry for entry in line if entry in admitted]  # each at most once, and in order
    left = [entry for entry in line if entry not in admitted]
    if not running and line:
        assert line[0] in admitted
    for entry in left:  # whoever waits had a reason to
        ahead = left[: left.index(entry)]
        kept_place = any(now - other.arrival >= limits.max_overtaken_seconds for other in ahead)
        # at most 40 entries, of which MAX_OVERTAKEN may be passed over: the last few may be unread
        unread = line.index(entry) - len(admitted) >= MAX_OVERTAKEN
        assert kept_place or unread or not within(load.plus(entry), limits)
    for entry in admitted:
        for older in left:  # overtaking needs one that does not fit and has not waited long
            if older.priority == entry.priority and place(older, limits) < place(entry, limits):
                assert not within(load.plus(older), limits)
                assert now - older.arrival < limits.max_overtaken_seconds


@given(entries_strategy, st.integers(0, 5), limits_strategy, st.integers(1, 12))
def test_a_group_is_the_head_of_what_fits_once_its_first_is_to_take_steps(
    queued: list[Waiting], rows: int, limits: EngineLimits, enough: int
) -> None:
    running, line = queued[:rows], in_line(queued[rows:], limits)
    fitting = admit(line, running, limits, now=20.0)
    few = replace(limits, enough_hypotheses=enough)
    group = admit(line, running, few, now=20.0)
    assert group == fitting[: len(group)]
    assert len(group) <= 1 or sum(entry.source_tokens for entry in group) <= JOINING_TOKENS
    if fitting:
        assert bool(group) == (fitting[0] in stepping([*running, fitting[0]], few))
    if 0 < len(group) < len(fitting):
        assert sum(entry.source_tokens for entry in fitting[: len(group) + 1]) > JOINING_TOKENS


@given(entries_strategy, limits_strategy, st.none() | st.integers(1, 12), st.integers(1, 5))
def test_everything_runs_once_however_it_arrives(
    entries: list[Waiting], limits: EngineLimits, enough: int | None, steps: int
) -> None:
    """A simulated engine: segment ``n`` takes ``n % steps + 1`` turns of a second each."""
    limits = replace(limits, enough_hypotheses=enough)
    to_come = sorted(entries, key=lambda entry: entry.arrival)
    queue: list[Waiting] = []
    remaining: dict[int, int] = {}
    ran: list[int] = []
    now = 0.0
    while to_come or queue or remaining:
        while to_come and to_come[0].arrival <= now:
            queue.append(to_come.pop(0))
        running = [entries[entry_id] for entry_id in remaining]
        admitted = admit(in_line(queue, limits), running, limits, now)
        assert within(Load.of(running + admitted), limits)
        assert remaining or admitted or not queue
        queue = [entry for entry in queue if entry not in admitted]
        ran += ids(admitted)
        remaining |= {entry.id: entry.id % steps + 1 for entry in admitted}
        moving = ids(stepping(running + admitted, limits))
        assert moving or not remaining
        remaining |= {entry_id: remaining[entry_id] - 1 for entry_id in moving}
        remaining = {entry_id: left for entry_id, left in remaining.items() if left}
        now += 1.0
        assert now < 1000.0, "starved"
    assert sorted(ran) == list(range(len(entries)))


def turns_until_admitted(victim: Waiting, limits: EngineLimits) -> int | None:
    """Turns of half a second under a stream that refills every row at once; None: not within 100.

    Every other segment is interactive, has 10 tokens, and runs for 2 to 4 turns.
    """
    running: dict[int, tuple[Waiting, int]] = {}
    queue = [victim]
    numbers = itertools.count(1)
    for turn in range(100):
        now = turn / 2
        running = {key: (entry, left - 1) for key, (entry, left) in running.items() if left > 1}
        free = limits.max_running_rows - len(running)
        arrival = now if turn else -1.0  # the first come before the victim, and are running when it does
        queue += [waiting(next(numbers), 10, arrival=arrival) for _ in range(free)]
        rows = [entry for entry, _ in running.values()]
        admitted = admit(in_line(queue, limits), rows, limits, now)
        if victim in admitted:
            return turn
        queue = [entry for entry in queue if entry not in admitted]
        running |= {entry.id: (entry, 2 + entry.id % 3) for entry in admitted}
    return None


@pytest.mark.parametrize(
    ("victim", "limits", "lifted"),
    [
        pytest.param(
            waiting(0, 40, beam=4, arrival=0.0),
            replace(LIMITS, max_overtaken_seconds=2.0),
            replace(LIMITS, max_overtaken_seconds=1e6),
            id="over the budget",
        ),
        pytest.param(
            waiting(0, arrival=0.0, bulk=True),
            replace(LIMITS, bulk_handicap_seconds=5.0),
            replace(LIMITS, bulk_handicap_seconds=1e6),
            id="bulk",
        ),
    ],
)
def test_nothing_starves_under_an_endless_stream(
    victim: Waiting, limits: EngineLimits, lifted: EngineLimits
) -> None:
    turns = turns_until_admitted(victim, limits)
    assert turns is not None
    patience = (
        limits.bulk_handicap_seconds if victim.priority is Priority.BULK else limits.max_overtaken_seconds
    )
    assert patience <= turns / 2 <= patience + 2.0  # and the time for what runs to end
    assert turns_until_admitted(victim, lifted) is None  # it is the bound that prevents starvation
