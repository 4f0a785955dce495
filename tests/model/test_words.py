"""Which tokens make a word."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.tokenizer import Tokenizer
from model.words import Tokens, words_of


def cut(text: str) -> Tokens:
    """``text`` with tokens that end at each ``|`` and at spaces, which are no part of them."""
    offsets, plain = [], ""
    for word in text.split(" "):
        plain += " " if plain else ""
        for piece in word.split("|"):
            offsets.append((len(plain), len(plain) + len(piece)))
            plain += piece
    return Tokens(plain, tuple(offsets))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Bahn|hof|s|straße", ["Bahnhofsstraße"]),
        ("der Bahn|hof|.", ["der", "Bahnhof", "."]),
        ("I|'|m 3|.|5|0 %", ["I'm", "3.50", "%"]),
        ("'|ja|' 5|.", ["'", "ja", "'", "5", "."]),
        ("我|喜欢|茶|。", ["我", "喜欢", "茶", "。"]),
        ("東京|タワー|で", ["東京", "タワー", "で"]),
        ("서울|에서", ["서울에서"]),
        ("E|-|Mail", ["E", "-", "Mail"]),
        ("\ue000 \ue001|\ue002", ["\ue000", "\ue001", "\ue002"]),
    ],
)
def test_words_are_what_people_take_for_words(text: str, words: list[str]) -> None:
    tokens = cut(text)
    found = words_of(tokens)
    assert [tokens.text[word.start : word.end] for word in found.words] == words
    assert [word.lexical for word in found.words] == [any(map(str.isalnum, word)) for word in words]


def test_the_bytes_of_a_character_are_one_word() -> None:
    found = words_of(Tokens("a 語b", ((0, 1), (2, 3), (2, 3), (2, 3), (3, 4))))
    assert [word[:2] for word in found.words] == [(0, 1), (2, 3), (3, 4)]
    assert found.of_token == (0, 1, 1, 1, 2)


def test_spaces_are_no_word() -> None:
    assert words_of(Tokens("a   b", ((0, 1), (2, 2), (3, 3), (4, 5)))).of_token == (0, -1, -1, 1)


@given(text=st.text())
def test_every_token_with_characters_has_its_word(tiny_tokenizer: Tokenizer, text: str) -> None:
    offsets = tuple(tiny_tokenizer.encode_with_offsets(text)[1])
    words, of_token = words_of(Tokens(text, offsets))
    assert len(of_token) == len(offsets)
    assert all(one.end <= other.start for one, other in itertools.pairwise(words))
    for (start, end), index in zip(offsets, of_token, strict=True):
        if start == end:
            assert index == -1
        else:
            assert words[index].start <= start < end <= words[index].end
