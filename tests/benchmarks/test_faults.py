from __future__ import annotations

import pytest

from benchmarks.faults import is_copy, letters, loops, omits, usual_ratio


@pytest.mark.parametrize(
    ("source", "target", "looping"),
    [
        ("ich weiß", "I know, I know, I know, I know", True),
        ("ich weiß", "no no no no", True),
        ("ich weiß", "hahahahahahahaha", True),
        ("ich weiß", "no no no", False),
        ("sehr sehr sehr sehr gut", "very very very very good", False),
        ("ich weiß", "I know that I do not know what I know", False),
        ("1 1 1 1", "1 1 1 1", False),
    ],
)
def test_loops(source: str, target: str, looping: bool) -> None:
    assert loops(source, target) is looping


@pytest.mark.parametrize(
    ("source", "target", "copied"),
    [
        ("Das Haus ist sehr alt.", "Das Haus ist sehr alt!", True),
        ("DAS HAUS IST ALT", "DAS HAUS IST ALT", True),
        ("Das Haus ist sehr alt.", "The house is very old.", False),
        ("Tom Miller, 1999", "Tom Miller, 1999", False),
        ("Taxi", "Taxi", False),
        ("🙂 🙂", "🙂 🙂", False),
    ],
)
def test_copies(source: str, target: str, copied: bool) -> None:
    assert is_copy(source, target) is copied


def test_what_is_half_as_long_as_usual_omits_something() -> None:
    usual = usual_ratio(["abcdef", "abcdefgh", ""], ["abcdef", "abcdefgh", "x"])
    assert usual == 1.0
    assert omits("abcdefghijkl", "abcde", usual)
    assert not omits("abcdefghijkl", "abcdef", usual)
    assert not omits("abcdef", "", usual)
    assert not omits("sehr sehr sehr sehr gut so", "very good", usual)


def test_letters_are_counted_without_repetition_and_emoji() -> None:
    assert letters("so, so, so 🙂 12!") == 4
