"""Vocabularies with placeholders, and those that read one character as another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.chinese import simplified_characters
from model.tokenizer import Tokenizer, normalize, placeholder
from model.tokenizer_training import train_tokenizer
from tests.conftest import TINY_TEXT

TRADITIONAL = ["這個問題很難嗎？", "我們愛學習。", "龍馬和鳥"]
SIMPLIFIED = ["这个问题很难吗？", "我们爱学习。", "龙马和鸟"]
MARKS = [placeholder(number) for number in range(4)]
TABLE = str.maketrans(simplified_characters())


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    """Reads Traditional Chinese as Simplified and has three placeholders."""
    return train_tokenizer(
        [*TINY_TEXT, *TRADITIONAL],
        vocabulary_size=330,
        languages=("en", "zh"),
        placeholders=3,
        characters=simplified_characters(),
    )


def test_both_scripts_are_the_same_to_a_vocabulary_of_one(tokenizer: Tokenizer) -> None:
    for traditional, simplified in zip(TRADITIONAL, SIMPLIFIED, strict=True):
        assert tokenizer.encode(traditional) == tokenizer.encode(simplified)
        assert tokenizer.decode(tokenizer.encode(traditional)) == simplified
        assert tokenizer.in_script(traditional) == simplified


def test_a_vocabulary_without_a_script_leaves_both_as_they_are(tiny_tokenizer: Tokenizer) -> None:
    for text in (*TRADITIONAL, *SIMPLIFIED):
        assert tiny_tokenizer.in_script(text) == text
        assert tiny_tokenizer.decode(tiny_tokenizer.encode(text)) == text


@given(text=st.text(st.characters(exclude_categories=["Cs"])) | st.text(" \u2581\t\n這a\u3000"))
def test_the_text_comes_back_in_the_script_of_the_vocabulary(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.in_script(text) == text.translate(TABLE)
    assert tokenizer.decode(tokenizer.encode(text)) == normalize(text).translate(TABLE)


def test_the_table_is_one_for_one_and_ends_in_one_step() -> None:
    table = simplified_characters()
    assert len(table) > 3000
    assert all(len(one) == len(other) == 1 for one, other in table.items())
    assert table["這"] == "这"
    assert "的" not in table


def test_placeholders_are_counted_and_whole_pieces(tokenizer: Tokenizer, tiny_tokenizer: Tokenizer) -> None:
    assert tokenizer.placeholders == tuple(MARKS[:3])
    assert tiny_tokenizer.placeholders == ()
    for mark in MARKS[:3]:
        assert mark in tokenizer.pieces(tokenizer.encode(f"x{mark}y"))
        assert tokenizer.decode(tokenizer.encode(f"der {mark}, und")) == f"der {mark}, und"
    assert MARKS[3] not in tokenizer.pieces(tokenizer.encode(MARKS[3]))
