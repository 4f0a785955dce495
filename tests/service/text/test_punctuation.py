"""Punctuation as wide as the language has it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.text.punctuation import with_brackets, with_marks, without_added_period
from service.text.rewriting import rewrite

WORD = "\U000f0000"


def fit(text: str, language: str) -> str:
    bracketed = rewrite(text, with_brackets(text, language)).after
    return rewrite(bracketed, with_marks(bracketed, language)).after


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("你好,世界!", "你好，世界！"),
        ("你好, 世界.", "你好，世界。"),
        ("他说:你好;再见?", "他说：你好；再见？"),
        ("Tom,你好", "Tom，你好"),
        ("我有3,5公斤, 在12:30到", "我有3,5公斤，在12:30到"),
        ("3.5是数字.", "3.5是数字。"),
        ("我(汤姆)来了", "我（汤姆）来了"),
        ("f(x)是函数", "f(x)是函数"),
        ('他说"你好".', "他说“你好”。"),
        ("等等...", "等等……"),
        ("你好，世界！", "你好，世界！"),
        (f"请看{WORD}, 谢谢", f"请看{WORD}，谢谢"),
        (f"请看{WORD}.", f"请看{WORD}。"),
        ("Hello, world!", "Hello, world!"),
        ("", ""),
    ],
)
def test_chinese(text: str, expected: str) -> None:
    assert fit(text, "zh") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hallo，Welt！", "Hallo, Welt!"),
        ("Das ist gut。Ja。", "Das ist gut. Ja."),
        ("Tom（er）kam", "Tom (er) kam"),
        ("Er sagte：「Ja」", "Er sagte: “Ja”"),
        ("12：30", "12:30"),
        ("Hallo, Welt! (Ja) «Oui »: 3.5 „so“", "Hallo, Welt! (Ja) «Oui »: 3.5 „so“"),
    ],
)
def test_other_languages(text: str, expected: str) -> None:
    assert fit(text, "de") == expected


def test_japanese_keeps_its_own() -> None:
    assert fit("これは、本です。", "ja") == "これは、本です。"


@given(st.text('你好，。！：（）ab,.!?:;()" 3…', max_size=30), st.sampled_from(["zh", "de"]))
def test_doing_it_twice_changes_nothing_more(text: str, language: str) -> None:
    assert fit(fit(text, language), language) == fit(text, language)


@given(st.text("你好ab3 x", max_size=30), st.sampled_from(["zh", "de"]))
def test_letters_are_never_touched(text: str, language: str) -> None:
    assert fit(text, language) == text


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("Das Haus", "The house.", "The house"),
        ("房子", "The house.", "The house"),
        ("The house", "房子。", "房子"),
        ("Das Haus.", "The house.", "The house."),
        ("Das Haus!", "The house.", "The house."),
        ("Das Haus", "The house", "The house"),
        ("Das Haus", "The house...", "The house..."),
        ("Das Haus", "Houses etc.", "Houses etc."),
        ("Das Haus", "At 5 p.m.", "At 5 p.m."),
        ("", "The house.", "The house."),
    ],
)
def test_a_full_stop_is_not_added(source: str, text: str, expected: str) -> None:
    assert rewrite(text, without_added_period(text, source)).after == expected
