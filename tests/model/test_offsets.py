"""What a token stands for: every character has its tokens, and every token its characters."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.offsets import Offsets, before_normalization, spelt
from model.tokenizer import Tokenizer, normalize

COMBINING = (
    "e\u0301\u0323\u0307ﬁ½ﷺ\u1100\u1161\u11a8가각\u0e33\u0344\u0390ΐÅ\u212b\u3000\u00a0 \u2581aﾊﾟ！（？\u0338"
)
TEXTS = st.text() | st.text(alphabet=COMBINING) | st.text(alphabet="der Bahnhof,. 12\n語")


def assert_in_order(offsets: list[Offsets], length: int) -> None:
    assert all(0 <= start <= end <= length for start, end in offsets)
    for (start, end), (next_start, next_end) in itertools.pairwise(offsets):
        assert start <= next_start
        assert end <= next_end


def belonging_to_none(offsets: list[Offsets], length: int) -> set[int]:
    return set(range(length)).difference(*[range(start, end) for start, end in offsets])


@settings(max_examples=400)
@given(text=TEXTS)
def test_every_character_but_spaces_belongs_to_a_token(tiny_tokenizer: Tokenizer, text: str) -> None:
    ids, offsets = tiny_tokenizer.encode_with_offsets(text)
    assert ids == tiny_tokenizer.encode(text)
    assert len(ids) == len(offsets)
    assert_in_order(offsets, len(text))
    for index in belonging_to_none(offsets, len(text)):
        assert set(normalize(text[index])) == {" "}


@settings(max_examples=400)
@given(text=TEXTS)
def test_a_token_is_part_of_what_its_characters_become(tiny_tokenizer: Tokenizer, text: str) -> None:
    ids, offsets = tiny_tokenizer.encode_with_offsets(text)
    for token, (start, end) in zip(ids, offsets, strict=True):
        said = tiny_tokenizer.decode([token])
        if "\ufffd" not in said:  # a byte alone
            assert said.lstrip(" ") in normalize(text[start:end])


@given(text=TEXTS)
def test_tokens_that_share_nothing_split_the_text(tiny_tokenizer: Tokenizer, text: str) -> None:
    ids, offsets = tiny_tokenizer.encode_with_offsets(text)
    ends = list(itertools.accumulate((end for _, end in offsets), max, initial=0))
    for place in range(len(ids)):
        if ends[place] <= offsets[place][0]:
            before, after = text[: ends[place]], text[offsets[place][0] :]
            gap = text[ends[place] : offsets[place][0]]
            assert tiny_tokenizer.decode(ids[:place]).rstrip(" ") == normalize(before).rstrip(" ")
            assert tiny_tokenizer.decode(ids[place:]).lstrip(" ") == normalize(after).lstrip(" ")
            assert set(normalize(gap)) <= {" "}


@given(choices=st.lists(st.integers(0, 10_000)))
def test_any_tokens_have_their_places_in_what_they_say(tiny_tokenizer: Tokenizer, choices: list[int]) -> None:
    ids = [choice % tiny_tokenizer.vocabulary_size for choice in choices]
    text, offsets = tiny_tokenizer.decode_with_offsets(ids)
    assert text == tiny_tokenizer.decode(ids)
    assert_in_order(offsets, len(text))
    assert {text[index] for index in belonging_to_none(offsets, len(text))} <= {" "}
    for token, (start, end) in zip(ids, offsets, strict=True):
        said = tiny_tokenizer.decode([token])
        if "\ufffd" not in said:
            assert text[start:end].endswith(said.lstrip(" "))


@settings(max_examples=600)
@given(text=TEXTS)
def test_groups_are_normalised_independently(text: str) -> None:
    """The ranges of single characters of the NFKC form cut the text where cutting changes nothing."""
    normal = normalize(text)
    ranges = before_normalization(text, [(index, index + 1) for index in range(len(normal))], normalize)
    groups = [text[start:end] for start, end in dict.fromkeys(ranges)]
    assert "".join(groups) == text
    assert [normalize(group) for group in groups] == [
        "".join(normal[index] for index in members)
        for _, members in itertools.groupby(range(len(normal)), key=lambda index: ranges[index])
    ]


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("ﬁn", ["ﬁ", "ﬁ", "n"]),
        ("cafe\u0301s", ["c", "a", "f", "e\u0301", "s"]),
        ("가\u11a8나", ["가\u11a8", "나"]),
        ("1½ %", ["1", "½", "½", "½", " ", "%"]),
        ("q\u0307\u0323x", ["q\u0307\u0323"] * 3 + ["x"]),
        ("！？（ｘ）", ["！", "？", "（", "ｘ", "）"]),
        ("ABC", ["A", "B", "C"]),
    ],
)
def test_ligatures_accents_and_widths(text: str, groups: list[str]) -> None:
    normal = normalize(text)
    ranges = before_normalization(text, [(index, index + 1) for index in range(len(normal))], normalize)
    assert [text[start:end] for start, end in ranges] == groups


def test_the_space_before_a_word_is_not_part_of_it() -> None:
    assert spelt([b" Guten", b" Tag", b"  ", b" ", b"du"]) == (
        "Guten Tag   du",
        [(0, 5), (6, 9), (11, 11), (12, 12), (12, 14)],
    )


def test_the_bytes_of_a_character_share_it() -> None:
    byte_by_byte = [bytes([value]) for value in "語".encode()]
    assert spelt([b" a", *byte_by_byte, b"b"]) == ("a語b", [(0, 1), (1, 2), (1, 2), (1, 2), (2, 3)])


def test_no_text_has_no_tokens(tiny_tokenizer: Tokenizer) -> None:
    assert tiny_tokenizer.encode_with_offsets("") == ([], [])
    assert tiny_tokenizer.decode_with_offsets([]) == ("", [])


def test_a_long_text_of_marks_takes_no_quadratic_time() -> None:
    text = "e" + "\u0301" * 50_000 + "ﬁ" * 20_000
    normal = normalize(text)
    [first, last] = before_normalization(text, [(0, 1), (len(normal) - 1, len(normal))], normalize)
    assert (first, last) == ((0, 50_001), (70_000, 70_001))


@given(pieces=st.lists(st.text(alphabet=" aé語\u0301😀", max_size=4)))
def test_whole_characters_are_the_same_beside_half_of_one(pieces: list[str]) -> None:
    spellings = [piece.encode() for piece in pieces]
    text, offsets = spelt(spellings)
    assert text == "".join(pieces).removeprefix(" ")
    longer, more = spelt([*spellings, "é".encode()[:1]])
    assert longer == text + "\ufffd"
    assert more[:-1] == offsets
