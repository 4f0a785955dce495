"""Who sits where, over any sequence of coming, going and moving up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.config import DecodingOptions
from model.decoding import Job
from model.slots.seats import Seats
from model.tokenizer import EOS

JOB = Job(0, (EOS,), DecodingOptions())


@given(st.lists(st.tuples(st.sampled_from(["take", "leave", "compact"]), st.integers(0, 20)), max_size=40))
def test_seats_are_never_shared_or_lost(events: list[tuple[str, int]]) -> None:
    rows = 12
    seats, here = Seats(rows), []
    for event, number in events:
        if event == "take":
            here += seats.take([JOB] * min(number, seats.free))
        elif event == "leave" and here:
            sitter = here.pop(number % len(here))
            slot = sitter.slot
            assert seats.leave(sitter) == slot
            assert sitter.slot is None
        elif event == "compact":
            before = {sitter.slot: sitter for sitter in here}
            span = min(rows, seats.taken + number)
            moves = dict(seats.compact(span))
            assert {origin: before[origin].slot for origin in moves} == moves
            assert seats.span <= span
            assert not moves.keys() & set(moves.values())  # so that all can be copied at once
            assert all(sitter.slot == slot for slot, sitter in before.items() if slot not in moves)
        taken = [sitter.slot for sitter in here]
        assert len(set(taken)) == len(taken) == seats.taken == rows - seats.free
        assert set(seats.sitters) == set(here)
        assert seats.span == max((slot + 1 for slot in taken if slot is not None), default=0)


def test_the_lowest_seats_are_taken_first() -> None:
    seats = Seats(4)
    first = seats.take([JOB] * 3)
    seats.leave(first[1])
    assert [sitter.slot for sitter in seats.take([JOB] * 2)] == [1, 3]


def test_nobody_leaves_twice() -> None:
    seats = Seats(2)
    sitter = seats.take([JOB])[0]
    seats.leave(sitter)
    with pytest.raises(ValueError, match="has no slot"):
        seats.leave(sitter)
