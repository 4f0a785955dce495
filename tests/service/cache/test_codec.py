"""Names that hide the text, values that come back as they were or not at all."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.decoding.hypothesis import Attention, Hypothesis, Translation
from service.cache.codec import PREFIX, Codec, DamagedValue, _plain
from service.cache.store import SegmentKey
from service.engine.request import Priority, SegmentRequest
from tests.service.cache.test_store import OPTIONS, OTHER_VALUES, key

CODEC = Codec(b"a secret of replicas")
NUMBERS = st.floats(allow_nan=False, width=32)


@st.composite
def attentions(draw: st.DrawFn, rows: int, columns: int) -> Attention | None:
    if not columns or draw(st.booleans()):
        return None
    numbers = draw(st.lists(NUMBERS, min_size=rows * columns, max_size=rows * columns))
    return np.array(numbers, dtype=np.float32).reshape(rows, columns)


@st.composite
def hypotheses(draw: st.DrawFn) -> Hypothesis:
    tokens = tuple(draw(st.lists(st.integers(0, 65_535), max_size=12)))
    coverage = tuple(draw(st.lists(NUMBERS, max_size=12)))
    return Hypothesis(
        tokens,
        score=draw(st.floats(allow_nan=False)),
        log_prob=draw(NUMBERS),
        coverage=coverage,
        truncated=draw(st.booleans()),
        attention=draw(attentions(len(tokens) + 1, len(coverage))),
    )


TRANSLATIONS = st.builds(
    Translation, st.lists(hypotheses(), min_size=1, max_size=4).map(tuple), steps=st.integers(1, 400)
)


@given(TRANSLATIONS)
def test_a_translation_comes_back_as_it_was(translation: Translation) -> None:
    name = CODEC.name(key(5))
    decoded = CODEC.decode(name, CODEC.encode(name, translation))
    assert decoded == translation
    for one, other in zip(decoded.hypotheses, translation.hypotheses, strict=True):
        np.testing.assert_array_equal(one.attention, other.attention)
        assert one.attention is None or one.attention.dtype == np.float32


@given(TRANSLATIONS, st.data())
def test_whatever_else_is_found_is_refused(translation: Translation, data: st.DataObject) -> None:
    name = CODEC.name(key(5))
    value = CODEC.encode(name, translation)
    place = data.draw(st.integers(0, len(value) - 1))
    changed = bytearray(value)
    changed[place] ^= data.draw(st.integers(1, 255))
    for wrong in (bytes(changed), value[:place], value + b" ", b""):
        with pytest.raises(DamagedValue):
            CODEC.decode(name, wrong)
    with pytest.raises(DamagedValue):
        CODEC.decode(CODEC.name(key(6)), value)
    with pytest.raises(DamagedValue):
        Codec(b"another secret").decode(name, value)


@pytest.mark.parametrize("body", [b"[]", b"7", b"null", b"[1,[[1]]]", b"[1,7]", b"{", b"\xff"])
def test_a_value_of_another_form_is_refused_even_with_the_right_proof(body: bytes) -> None:
    name = CODEC.name(key(5))
    with pytest.raises(DamagedValue):
        CODEC.decode(name, CODEC._proof(name, body) + body)


def test_everything_that_matters_is_in_the_name() -> None:
    keys = [key(5, options=OPTIONS.model_copy(update={name: value})) for name, value in OTHER_VALUES.items()]
    keys += [key(5), key(1, 23), key(12, 3), key(5, digest="two")]
    keys += [SegmentKey.of("one", SegmentRequest((5,), OPTIONS, scope="somebody"))]
    assert len({CODEC.name(one) for one in keys}) == len(keys)
    other = SegmentKey.of("one", SegmentRequest((5,), OPTIONS, Priority.BULK, deadline=3.0))
    assert CODEC.name(other) == CODEC.name(key(5))


def test_nobody_without_the_secret_can_tell_what_a_name_stands_for() -> None:
    """Neither the ids nor a hash of them that could be computed from a guess is in it."""
    name = CODEC.name(key(12_345, 6_789)).decode()
    assert name.startswith(PREFIX)
    assert Codec(b"another secret").name(key(12_345, 6_789)).decode() != name
    described = json.dumps(_plain(key(12_345, 6_789).work))
    assert not any(part in name for part in ("12345", "6789", described))


@pytest.mark.parametrize("value", [b"bytes", {1, 2}, object(), [1, (2, object())]])
def test_a_kind_of_value_nobody_thought_of_is_no_part_of_a_name(value: Any) -> None:
    with pytest.raises(TypeError, match="cannot be part of a key"):
        _plain(value)
