from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.splitting import split_to_fit


@given(st.text(alphabet="ab .,!?。，\n\u0301é", max_size=200), st.integers(1, 20))
def test_parts_fit_and_join_to_the_text(text: str, limit: int) -> None:
    parts = split_to_fit(text, lambda part: len(part) <= limit)
    assert "".join(parts) == text
    assert all(len(part) <= limit for part in parts)
    assert all(parts) or text == ""


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("It fits, all of it.", 19, ["It fits, all of it."]),
        ("One, two three. Four, five six.", 20, ["One, two three. ", "Four, five six."]),
        ("one two, three four five", 16, ["one two, ", "three four five"]),
        ("one two three four", 10, ["one two ", "three four"]),
        ("„Ja.“ Er ging. Dann kam sie wieder.", 20, ["„Ja.“ Er ging. ", "Dann kam sie wieder."]),
        ("我今天去学校。你呢？", 7, ["我今天去学校。", "你呢？"]),
        ("abcdefgh", 4, ["abcd", "efgh"]),
        ("abce\u0301fgh", 5, ["abc", "e\u0301fgh"]),
    ],
)
def test_the_cut_is_where_it_hurts_least(text: str, limit: int, parts: list[str]) -> None:
    assert split_to_fit(text, lambda part: len(part) <= limit) == parts


def test_one_character_is_never_cut() -> None:
    assert split_to_fit("ab", lambda _part: False) == ["a", "b"]


def test_a_very_long_text_without_boundaries() -> None:
    parts = split_to_fit("x" * 100_000, lambda part: len(part) <= 100)
    assert sum(map(len, parts)) == 100_000
    assert max(map(len, parts)) <= 100
