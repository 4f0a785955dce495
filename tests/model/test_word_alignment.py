from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from model.tokenizer import Tokenizer
from model.word_alignment import word_links, words_of
from tests.conftest import TINY_TEXT


@pytest.mark.parametrize("text", [*TINY_TEXT, "Züge und Häuser", "x  y", "猫 und 犬", "👩‍🚀 fliegt"])
def test_the_tokens_of_a_word_spell_the_word(tiny_tokenizer: Tokenizer, text: str) -> None:
    ids = tiny_tokenizer.encode(text)
    words = words_of(tiny_tokenizer, ids)
    for number, word in enumerate(text.split()):
        members = [token for token, own in zip(ids, words, strict=True) if own == number]
        assert tiny_tokenizer.decode(members).strip() == word


@given(st.lists(st.integers(0, 299), max_size=30))
def test_any_tokens_have_words_in_order(tiny_tokenizer: Tokenizer, ids: list[int]) -> None:
    words = words_of(tiny_tokenizer, ids)
    count = len(tiny_tokenizer.decode(ids).split())
    assert words == sorted(words)
    assert set(words) <= (set(range(count)) or {-1})
    assert len(words) == len(ids)


def test_links_follow_the_attention_of_whole_words() -> None:
    # source: tag, two pieces of word 0, one of word 1, EOS; target: word 0, two pieces of word 1, word 2
    attention = torch.tensor(
        [
            [0.1, 0.0, 0.1, 0.8, 0.0],  # word 0 reads word 1
            [0.0, 0.3, 0.3, 0.4, 0.0],  # word 1 reads word 0: its pieces together have more than the best one
            [0.1, 0.2, 0.2, 0.2, 0.3],
            [0.5, 0.1, 0.1, 0.0, 0.3],  # word 2 reads the tag and EOS
            [1.0, 0.0, 0.0, 0.0, 0.0],  # EOS is no word
        ]
    )
    assert word_links(attention, [0, 0, 1], [0, 1, 1, 2]) == ((1, 0), (0, 1))


def test_nothing_is_linked_to_nothing() -> None:
    assert word_links(torch.ones(1, 3), [0], []) == ()
    assert word_links(torch.ones(3, 2), [], [0, 0]) == ()
    assert word_links(torch.ones(2, 3), [0], [-1]) == ()
    assert word_links(torch.ones(2, 3), [-1], [0]) == ()
