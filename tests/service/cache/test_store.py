"""What is remembered: everything that matters is in the key, and memory is bounded."""

from __future__ import annotations

import random
import tracemalloc
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.config import DecodingOptions
from model.decoding.hypothesis import Hypothesis, Translation
from service.cache.store import NUMBERS_PER_SEGMENT, LruStore, SegmentKey
from service.engine.request import Priority, SegmentRequest

OPTIONS = DecodingOptions()
OTHER_VALUES: dict[str, Any] = {
    "beam_size": 6,
    "n_best": 2,
    "length_penalty": 0.7,
    "coverage_penalty": 0.1,
    "min_length": 1,
    "max_length": 9,
    "strategy": "sample",
    "temperature": 0.5,
    "top_k": 3,
    "top_p": 0.9,
    "seed": 7,
    "early_stopping": False,
}


def key(*source: int, digest: str = "one", options: DecodingOptions = OPTIONS) -> SegmentKey:
    return SegmentKey.of(digest, SegmentRequest(source, options))


def translation(numbers: int, first: int = 0) -> Translation:
    """One that holds so many numbers."""
    tokens = tuple(range(first, first + numbers // 2))
    coverage = tuple(float(number) for number in range(numbers - numbers // 2))
    return Translation((Hypothesis(tokens, -1.0, -1.0, coverage, truncated=False),), steps=1)


def test_every_option_is_in_the_key() -> None:
    assert set(OTHER_VALUES) == set(DecodingOptions.model_fields)
    keys = {key(5, options=OPTIONS.model_copy(update={name: value})) for name, value in OTHER_VALUES.items()}
    assert len(keys | {key(5)}) == len(OTHER_VALUES) + 1


def test_checkpoint_and_source_are_in_the_key() -> None:
    assert len({key(1, 23), key(12, 3), key(1, 2, 3), key(123), key(1, 23, digest="two")}) == 5


def test_whether_attention_is_wanted_is_in_the_key() -> None:
    request = SegmentRequest((5,), OPTIONS)
    assert SegmentKey.of("one", replace(request, attention=True)) != SegmentKey.of("one", request)


def test_attention_takes_its_part_of_the_room() -> None:
    store, bare = LruStore(max_segments=4), translation(20)
    attended = replace(bare.best, attention=np.zeros((10, 16), dtype=np.float32))
    store.put(key(5), bare)
    store.put(key(6), Translation((attended,), steps=1))
    assert store.numbers == 2 * (1 + 20) + 10 * 16 // 8


def test_who_waits_is_not_in_the_key() -> None:
    others = SegmentRequest((5,), DecodingOptions(), Priority.BULK, deadline=3.0)
    assert SegmentKey.of("one", others) == key(5)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9), st.integers(0, 700)), max_size=60))
def test_it_is_a_bounded_list_with_the_latest_last(todo: list[tuple[bool, int, int]]) -> None:
    store, model = LruStore(3), list[tuple[int, int]]()
    for is_put, name, numbers in todo:
        known = next((entry for entry in model if entry[0] == name), None)
        if is_put and numbers + 1 <= 3 * NUMBERS_PER_SEGMENT:
            store.put(key(name), translation(numbers))
            model = [entry for entry in model if entry != known] + [(name, numbers + 1)]
            while len(model) > 3 or sum(size for _, size in model) > 3 * NUMBERS_PER_SEGMENT:
                model.pop(0)
        elif not is_put:
            found = store.get(key(name))
            assert found == (None if known is None else translation(known[1] - 1))
            model = [entry for entry in model if entry != known] + ([known] if known else [])
        assert (len(store), store.numbers) == (len(model), sum(size for _, size in model))


def test_a_segment_over_the_whole_bound_is_not_kept_and_costs_the_others_nothing() -> None:
    store = LruStore(2)
    store.put(key(1), translation(10))
    store.put(key(2), translation(2 * NUMBERS_PER_SEGMENT))
    assert store.get(key(1)) is not None
    assert store.get(key(2)) is None


@pytest.mark.parametrize("numbers", [2 * NUMBERS_PER_SEGMENT, 8])
def test_memory_stays_within_ten_kilobytes_a_segment(numbers: int) -> None:
    draw = random.Random(1)
    tracemalloc.start()
    try:
        store = LruStore(200)
        for _ in range(1000):
            source = tuple(draw.randrange(1000, 30_000) for _ in range(1 + numbers // 4))
            store.put(key(*source), translation(numbers, first=draw.randrange(1000, 30_000)))
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 50 <= len(store) <= 200
    assert used / 200 < 10_240


@given(
    st.lists(
        st.builds(
            Hypothesis,
            tokens=st.lists(st.integers(0, 2**31 - 1)).map(tuple),
            score=st.floats(allow_nan=False),
            log_prob=st.floats(allow_nan=False),
            coverage=st.lists(st.floats(allow_nan=False)).map(tuple),
            truncated=st.booleans(),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_what_is_remembered_is_the_same_to_the_last_bit(hypotheses: list[Hypothesis]) -> None:
    store, made = LruStore(10), Translation(tuple(hypotheses), steps=3)
    store.put(key(5), made)
    assert repr(store.get(key(5))) == repr(made)


def test_attention_is_remembered_as_it_was() -> None:
    store, attention = LruStore(10), np.random.default_rng(1).random((3, 4), dtype=np.float32)
    store.put(key(5), Translation((replace(translation(6).best, attention=attention),), steps=3))
    found = store.get(key(5))
    assert found is not None
    assert found.best.attention is not None
    np.testing.assert_array_equal(found.best.attention, attention)
