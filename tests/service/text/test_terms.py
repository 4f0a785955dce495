"""Terms as tokens, and the source tokens that they translate."""

from __future__ import annotations

from model.tokenizer import Tokenizer
from model.word_boundaries import word_boundaries
from service.text.glossary import Entry, Glossary
from service.text.terms import MAX_TERM_TOKENS, MAX_TERMS, TermFinder


def finder(tokenizer: Tokenizer, *pairs: tuple[str, str]) -> TermFinder:
    return TermFinder(Glossary(Entry(*pair) for pair in pairs), tokenizer)


def test_a_term_is_the_target_as_it_is_encoded_and_where_its_source_stands(tiny_tokenizer: Tokenizer) -> None:
    text = "Der Zug hält am Bahnhof."
    (term,) = finder(tiny_tokenizer, ("Bahnhof", "station")).find(text)
    assert list(term.tokens) == tiny_tokenizer.encode("station")
    source = tiny_tokenizer.source_ids(text, "en")
    assert tiny_tokenizer.decode(source[term.start : term.end]).strip(" .") == "Bahnhof"


def test_terms_of_scripts_without_spaces_begin_without_one(tiny_tokenizer: Tokenizer) -> None:
    (term,) = finder(tiny_tokenizer, ("Bahnhof", "火车站")).find("Bahnhof")
    assert tiny_tokenizer.decode([*tiny_tokenizer.encode("我在"), *term.tokens]) == "我在火车站"


def test_equal_targets_are_demanded_once_and_not_too_many(tiny_tokenizer: Tokenizer) -> None:
    twice = finder(tiny_tokenizer, ("Hund", "dog"), ("Köter", "dog"))
    assert len(twice.find("Hund und Köter und Hund")) == 1
    words = [f"Wort{number}" for number in range(MAX_TERMS + 5)]
    many = finder(tiny_tokenizer, *((word, f"word {word}") for word in words))
    assert len(many.find(" ".join(words))) == MAX_TERMS
    assert finder(tiny_tokenizer, ("Hund", "dog " * MAX_TERM_TOKENS)).find("Hund") == ()


def test_what_follows_a_word_does_not_go_on_with_it(tiny_tokenizer: Tokenizer) -> None:
    boundaries = word_boundaries(tiny_tokenizer)
    for token, piece in enumerate(tiny_tokenizer.pieces(range(tiny_tokenizer.vocabulary_size))):
        text = tiny_tokenizer.decode([*tiny_tokenizer.encode("x"), token])
        if token in boundaries:
            assert len(text) > 1, piece
            assert not text[1].isalnum() or "\u4e00" <= text[1] <= "\u9fff", piece
    assert set(tiny_tokenizer.encode("und")[:1]) <= boundaries
    assert not boundaries.intersection(tiny_tokenizer.encode_inside("und"))
