"""Noise is what it says, and the same every time."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.noise import KINDS, LIST_ITEMS, OF_ONE, noisy

TEXTS = [
    "Tom hat gestern ein altes Buch gelesen.",
    "Wo ist der Bahnhof?",
    "Ich weiß nicht, ob sie morgen kommt!",
    "Das Haus, das er kaufte, ist grün.",
]


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_makes_the_same_noise(kind: str) -> None:
    made = noisy(TEXTS, kind, 10, seed=1)
    assert len(made) == 10
    assert all(made)
    assert made == noisy(TEXTS, kind, 10, seed=1)
    if kind in {"typos", "emoji", "stretched", "list", "run_on"}:
        assert made != noisy(TEXTS, kind, 10, seed=2)


@pytest.mark.parametrize("kind", OF_ONE)
@given(text=st.text(min_size=1))
def test_any_text_can_be_made_worse(kind: str, text: str) -> None:
    assert isinstance(OF_ONE[kind](text, random.Random(1)), str)


@pytest.mark.parametrize(
    ("kind", "is_so"),
    [
        ("clean", lambda text: text in TEXTS),
        ("capitals", str.isupper),
        ("small", lambda text: text.islower() and text[-1].isalpha()),
        ("unpunctuated", lambda text: all(one.isalnum() or one == " " for one in text)),
        ("emoji", lambda text: re.search(r"[^\w\s.,!?]", text)),
        ("stretched", lambda text: re.search(r"(\b\w+),?( \1,?){4}", text)),
        ("list", lambda text: text.count(", ") == min(LIST_ITEMS, len(TEXTS)) - 1),
        ("run_on", lambda text: not re.search(r"[.!?]", text) and len(text) > 60),
    ],
)
def test_each_kind_is_what_it_is_called(kind: str, is_so: Callable[[str], object]) -> None:
    assert all(is_so(text) for text in noisy(TEXTS, kind, 12))


def test_typos_are_few_and_of_four_kinds() -> None:
    text = "das haus ist sehr alt und steht am see " * 200
    made = OF_ONE["typos"](text, random.Random(3))
    assert made != text
    assert 0.97 < len(made) / len(text) < 1.03
    unlike = sum(one != other for one, other in zip(text.split(), made.split(), strict=True))
    assert 0.05 < unlike / len(text.split()) < 0.25
