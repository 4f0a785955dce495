"""Faults are seen in what is faulty, and not in what only looks like it."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.quality.flags import is_copied, repeats


def ids(text: str) -> list[int]:
    """An id for each word."""
    return [hash(word) for word in text.split()]


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("ich weiß es", "I do not know I do not know I do not know"),
        ("ich weiß es", "no no no no no no"),
        ("a b", "x y x y x y x y"),
        ("nein nein", "no no no no no no"),
        ("a b c", "it is said that he x it is said that y it is said that z"),
    ],
)
def test_loops_are_repetitions(source: str, target: str) -> None:
    assert repeats(ids(source), ids(target))


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("ich weiß es nicht", "I do not know"),
        ("sehr sehr sehr gut", "very very very good"),
        ("nein nein nein nein nein nein", "no no no no no no"),
        ("nein , nein , nein , nein", "no , no , no , no , no"),
        ("1 0 0 0 0 0 0 0", "1 0 0 0 0 0 0 0"),
        ("je mehr er hat desto mehr er will", "the more he has the more he wants"),
        ("in a b c d in e b c d in f b c d", "in u v w x in y v w x in z v w x"),
        ("", ""),
        ("a", "b"),
    ],
)
def test_what_the_source_repeats_may_be_repeated(source: str, target: str) -> None:
    assert not repeats(ids(source), ids(target))


@given(
    phrase=st.lists(st.integers(0, 99), min_size=1, max_size=8, unique=True),
    times=st.integers(6, 9),
    around=st.lists(st.integers(100, 199), max_size=6, unique=True),
)
def test_a_loop_is_found_wherever_it_is(phrase: list[int], times: int, around: list[int]) -> None:
    cut = random.Random(len(phrase)).randint(0, len(around))
    assert repeats(phrase, [*around[:cut], *phrase * times, *around[cut:]])


@given(target=st.lists(st.integers(), unique=True))
def test_words_that_come_once_are_no_repetition(target: list[int]) -> None:
    assert not repeats([], target)


@pytest.mark.parametrize(
    ("source", "target", "language"),
    [
        ("wir gehen heute in die stadt", "wir gehen heute in die stadt", "en"),
        ("Das Wetter ist heute sehr schön.", "Das Wetter ist heute sehr schön.", "en"),
        ("ER WOLLTE GESTERN NACHHAUSE GEHEN", "ER WOLLTE GESTERN NACHHAUSE GEHEN", "en"),
        ("我不知道。", "我不知道。", "en"),
        ("我喜欢北京。", "I like 我喜欢北京。", "de"),
        ("he said that it was late", "他说 he said that it was late", "zh"),
    ],
)
def test_what_is_not_translated_is_copied(source: str, target: str, language: str) -> None:
    assert is_copied(source, target, language)


@pytest.mark.parametrize(
    ("source", "target", "language"),
    [
        ("Taxi", "Taxi", "en"),
        ("Tom Miller, Boston, 1999", "Tom Miller, Boston, 1999", "en"),
        ("Tom war in Boston.", "Tom was in Boston.", "en"),
        ("Er war warm und modern.", "He was warm and modern.", "en"),
        ("NATO, UNO, EU, USA", "NATO, UNO, EU, USA", "en"),
        ("{name}: 12 km, 50 %", "{name}: 12 km, 50 %", "en"),
        ("Das Wort 茶 bedeutet Tee.", "The word 茶 means tea.", "en"),
        ("我喜欢 iPhone 和 Windows。", "我喜欢 iPhone", "zh"),
        ("The iPhone is new.", "iPhone 是新的。", "zh"),
        ("Das Haus ist grün.", "The house is green.", "en"),
        ("", "", "en"),
        ("🙂 🙂 🙂", "🙂 🙂 🙂", "en"),
    ],
)
def test_names_numbers_and_words_of_both_languages_are_no_copy(
    source: str, target: str, language: str
) -> None:
    assert not is_copied(source, target, language)
