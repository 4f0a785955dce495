"""Terms are found as people write them: whole words, capitals, the longest first, Chinese without spaces."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.tokenizer import normalize
from service.text.glossary import Entry, Glossary


def found(text: str, *sources: str) -> list[str]:
    """Of ``sources`` those in ``text``, in order."""
    glossary = Glossary(Entry(source, f"<{source}>") for source in sources)
    return [match.entry.source for match in glossary.find(normalize(text))]


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("Am Bahnhof.", ["Bahnhof"]),
        ("Am Hauptbahnhof, am Bahnhofsplatz, am Bahnhof2, am bahnhof_", []),
        ("(Bahnhof) »Bahnhof«-Bahnhof's", ["Bahnhof", "Bahnhof", "Bahnhof"]),
        ("am BAHNHOF", ["Bahnhof"]),
        ("am bahnhof", []),
    ],
)
def test_whole_words_are_found(text: str, sources: list[str]) -> None:
    assert found(text, "Bahnhof") == sources


def test_small_letters_are_found_with_a_capital_and_capitals_only_as_they_are() -> None:
    assert found("Bank BANK bank bAnk", "bank") == ["bank", "bank", "bank"]
    assert found("us US Us", "US") == ["US"]
    assert found("us US Us", "us", "US") == ["us", "US", "us"]
    assert found("Polish polish", "polish", "Polish") == ["Polish", "polish"]


def test_the_longest_is_found_and_what_it_holds_is_not_looked_at() -> None:
    entries = ("neue Bahn", "Bahn", "neue Bahn AG", "AG in Bonn")
    assert found("Die neue Bahn AG in Bonn", *entries) == ["neue Bahn AG"]
    assert found("Die neue\n Bahn fährt, die Bahn", *entries) == ["neue Bahn", "Bahn"]


def test_terms_may_have_signs() -> None:
    assert found("Er schreibt C++, e-mail und R&D.", "C++", "e-mail", "R&D", "C") == ["C++", "e-mail", "R&D"]
    assert found("e -mail", "e-mail") == []


def test_chinese_terms_are_found_without_spaces() -> None:
    text = "我在火车站等你，火车来了。iPhone手机"
    assert found(text, "火车站", "火车", "手机", "iPhone") == ["火车站", "火车", "iPhone", "手机"]


def test_forms_of_the_same_character_are_the_same() -> None:
    assert found("Caf\u00e9 ﬁn", "cafe\u0301", "fin") == ["cafe\u0301", "fin"]


def test_where_they_stand_is_known() -> None:
    (match,) = Glossary([Entry("neue Bahn", "x")]).find("Die neue  Bahn!")
    assert "Die neue  Bahn!"[match.start : match.end] == "neue  Bahn"


def test_a_glossary_is_for_its_direction() -> None:
    assert Glossary([]).applies("de", "en")
    glossary = Glossary([], "de", "en")
    assert glossary.applies("de", "en")
    assert not glossary.applies("en", "de")
    assert not glossary.applies("de", "fr")


@given(st.lists(st.sampled_from(["a", "b", "ab", "c", ".", " "]), max_size=25).map("".join))
def test_it_is_the_leftmost_longest_of_a_pattern(text: str) -> None:
    sources = ["a", "b", "ab", "a b", "a b c", "b c", "c."]
    pattern = "|".join(
        re.escape(one).replace(r"\ ", r"\s+") for one in sorted(sources, key=len, reverse=True)
    )
    expected = re.findall(rf"(?<!\w)(?:{pattern})(?!(?<=\w)\w)", text)
    assert found(text, *sources) == [re.sub(r"\s+", " ", one) for one in expected]


def test_many_entries_and_a_long_text_take_a_moment() -> None:
    glossary = Glossary(Entry(f"term {number}", "x") for number in range(10_000))
    begin = time.process_time()
    assert len(glossary.find("term 7 und noch etwas mehr " * 4000)) == 4000
    assert time.process_time() - begin < 5.0
