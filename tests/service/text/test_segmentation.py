"""Segmentation: lossless for every text, linear in time, and cut where it hurts least."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Iterator

import pytest
import sentencex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.text.segmentation import Piece, segment, shorten

LANGUAGES = st.sampled_from(["de", "en", "ar", "ja", "zh", "xx", ""])
WORD, LOOSE = "\U000f0000", "\U00100000"
"""Sentinels of protected spans."""
unhurried = settings(deadline=None)
"""The machine may be busy; ``test_time_is_linear`` watches the time."""
SPACES = [" ", "  ", "\n", "\r\n", "\t", "\x00", "\u200b", "\u200d", "\u00a0", "\u3000", "\ufeff", "\u2028"]
MARKS = [". ", "! ", "?", "…", "。", "„", "“", "«", "»", "(", ")", "z.B. ", "Dr. ", "A.", "A\u00a0.", "1. "]
CLUSTERS = ["שלום", "مرحبا", "你好", "e\u0301", "👩\u200d🚀", "🇩🇪", "👍🏽"]
SPECIALS = st.sampled_from([*SPACES, *MARKS, *CLUSTERS])
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.lists(st.one_of(SPECIALS, st.text("abcXYZ", max_size=5)), max_size=40).map("".join),
)


def joined(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def translatable(text: str, language: str = "en") -> list[str]:
    return [piece.text for piece in segment(text, language) if piece.translatable]


@unhurried
@given(TEXTS, LANGUAGES)
@example("", "en")
@example(" \t\r\n ", "en")
@example("Herr A\u00a0. B", "de")
@example("\n\n\n", "en")
@example("no punctuation at all\nsecond line\r\nthird\rfourth", "de")
def test_joining_the_pieces_gives_the_text(text: str, language: str) -> None:
    pieces = segment(text, language)
    assert joined(pieces) == text
    assert all(piece.text for piece in pieces)


@unhurried
@given(TEXTS, LANGUAGES)
def test_what_is_translated_has_letters_and_no_white_space_around(text: str, language: str) -> None:
    for piece in segment(text, language):
        if piece.translatable:
            assert any(map(str.isalpha, piece.text))
            assert piece.text == piece.text.strip()
            assert len(piece.text.splitlines()) == 1
            assert "\t" not in piece.text
        else:
            assert not any(map(str.isalpha, piece.text)) or re.fullmatch(
                r"\s*(.*\s)?[A-Za-z]\)\s+", piece.text
            )


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("Apfel, Birne, Kirsche, Pflaume, Quitte", ["Apfel", "Birne", "Kirsche", "Pflaume", "Quitte"]),
        ("red car; blue car; one bus; a van; bikes.", ["red car", "blue car", "one bus", "a van", "bikes."]),
        ("- one, two, three, four, five", ["one", "two", "three", "four", "five"]),
        ("one, 2, three, four, five", ["one", "three", "four", "five"]),
        ("No, Tom, wait, please!", ["No, Tom, wait, please!"]),
        ("One, two, three, four, and then we go.", ["One, two, three, four, and then we go."]),
        ("苹果, 香蕉, 梨, 葡萄, 西瓜", ["苹果", "香蕉", "梨", "葡萄", "西瓜"]),
        ("他昨天来了, 我没看见他, 他走了, 你呢, 我", ["他昨天来了, 我没看见他, 他走了, 你呢, 我"]),
        ("1,234,567,890,123 of them", ["1,234,567,890,123 of them"]),
    ],
)
def test_items_of_a_list_of_words_are_segments(text: str, segments: list[str]) -> None:
    assert translatable(text) == segments
    assert [piece.text for piece in segment(text, "en", split_sentences=False) if piece.translatable] == [
        text.removeprefix("- ")
    ]


@unhurried
@given(TEXTS, st.integers(1, 12))
def test_shortening_loses_nothing_and_keeps_to_the_limit(text: str, limit: int) -> None:
    pieces = shorten(text, limit, len)
    assert joined(pieces) == text
    assert all(len(piece.text) <= limit for piece in pieces if piece.translatable)


@unhurried
@given(TEXTS, st.integers(1, 20))
def test_shortening_by_bytes_keeps_to_the_limit_but_for_single_characters(text: str, limit: int) -> None:
    pieces = shorten(text, limit, lambda part: len(part.encode()))
    assert joined(pieces) == text
    assert all(len(piece.text.encode()) <= limit or len(piece.text) == 1 for piece in pieces)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Hello world.  How are you?", "en", ["Hello world.", "How are you?"]),
        (
            "Das ist z.B. ein Test. Am 3. Mai war es so.",
            "de",
            ["Das ist z.B. ein Test.", "Am 3. Mai war es so."],
        ),
        ("First line\nsecond line", "en", ["First line", "second line"]),
        ("Name\tPreis\nApfel\t1,20", "de", ["Name", "Preis", "Apfel"]),
        ("你好。世界！", "zh", ["你好。", "世界！"]),
        ("مرحبا. كيف حالك؟", "ar", ["مرحبا.", "كيف حالك؟"]),
        ("\ufeffHello there. ", "en", ["Hello there."]),
        ("12:30 – 14:00\n😀 !!!\nok", "en", ["ok"]),
        ("One. Two.", "unknown", ["One.", "Two."]),
        ("- eins\n  * zwei\n• drei\n## Titel\n> - vier", "de", ["eins", "zwei", "drei", "Titel", "vier"]),
        ("1. eins\n2) zwei\n(3) drei\na) vier", "de", ["1. eins", "zwei", "drei", "vier"]),
        ("well-known -5 degrees - not a bullet", "en", ["well-known -5 degrees - not a bullet"]),
        ("Apfel    1,20    rot", "de", ["Apfel", "rot"]),
        ("two  spaces", "en", ["two  spaces"]),
        (
            f"{LOOSE} Hello {LOOSE}there {LOOSE}{LOOSE}. {LOOSE}",
            "en",
            [f"Hello {LOOSE}there {LOOSE}{LOOSE}."],
        ),
        (f"{WORD} is here. {WORD} too. {WORD}", "en", [f"{WORD} is here.", f"{WORD} too."]),
        ("One\ue000two", "en", ["One", "two"]),
    ],
)
def test_examples(text: str, language: str, expected: list[str]) -> None:
    assert translatable(text, language) == expected


def test_a_long_sentence_is_cut_after_a_clause_near_its_middle() -> None:
    text = "When the rain had stopped at last, we all went out to see the flooded old mill."
    assert [piece.text for piece in shorten(text, 60, len)] == [
        "When the rain had stopped at last,",
        " ",
        "we all went out to see the flooded old mill.",
    ]


def test_without_a_clause_it_is_cut_between_words() -> None:
    pieces = shorten("word " * 20, 30, len)
    assert all(set(piece.text.split()) <= {"word"} for piece in pieces)


def test_numbers_and_addresses_are_not_clauses() -> None:
    assert [piece.text for piece in shorten("aaaa 3,14159 bbbb", 12, len)] == ["aaaa", " ", "3,14159 bbbb"]


@pytest.mark.parametrize("cluster", ["e\u0301\u0323", "👩\u200d🚀", "👍🏽", "각", "🇩🇪", "❤\ufe0f"])
def test_a_word_is_cut_between_visible_characters(cluster: str) -> None:
    cluster = unicodedata.normalize("NFD", cluster)
    for piece in shorten(f"x{cluster}" * 40, 30, len):
        assert set(piece.text.replace(cluster, "")) <= {"x"}


@pytest.mark.parametrize(
    "unit",
    ["a", " ", "\n", "„a. ", "«A. B ", '"', "(", "Hello there. ", "z.B. ", ".", "\u0301", "\r\n", "a\u200d"],
)
def test_time_is_linear(unit: str) -> None:
    def seconds(characters: int) -> float:
        text = unit * (characters // len(unit))
        start = time.process_time()
        pieces = [part for piece in segment(text, "de") for part in shorten(piece.text, 500, len)]
        elapsed = time.process_time() - start
        assert joined(pieces) == text
        return elapsed

    small = min(seconds(25_000) for _ in range(3))
    large = min(seconds(100_000) for _ in range(3))
    # Quadratic would be 16; the constant forgives a hiccup.
    assert large < 8 * small + 0.1


def test_a_word_of_a_megabyte_is_cut_not_dropped() -> None:
    word = "x" * 1_000_000
    measured = 0

    def length(part: str) -> int:
        nonlocal measured
        measured += len(part)
        return len(part)

    pieces = [part for piece in segment(word, "en") for part in shorten(piece.text, 100, length)]
    assert joined(pieces) == word
    assert max(len(piece.text) for piece in pieces) <= 100
    assert measured < 10 * len(word)


class PanicException(BaseException):
    """Stands in for the class of this name that native code raises."""


def test_a_panic_of_the_sentence_splitter_costs_one_long_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def panic(language: str, text: str) -> Iterator[str]:
        raise PanicException

    monkeypatch.setattr(sentencex, "segment", panic)
    assert translatable("One. Two.\nThree.") == ["One. Two.", "Three."]


def test_a_splitter_that_loses_text_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentencex, "segment", lambda language, text: [text[:3]])
    assert translatable("One. Two.") == ["One. Two."]
