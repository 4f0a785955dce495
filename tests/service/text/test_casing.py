"""Capitals that are a style: taken off, given back, and left alone where they are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.tokenizer import Tokenizer
from service.text.casing import Casing, Initial, Style, casing_of, from_running_text, to_running_text
from service.text.rewriting import rewrite
from service.text.truecasing import Truecaser

VOCABULARY = Path(__file__).parent / "german-english.model"
"""6,000 pieces for two languages: enough to know words by."""
WORD, LOOSE = "\U000f0000", "\U00100000"


@pytest.fixture(scope="module")
def truecaser() -> Truecaser:
    return Truecaser(Tokenizer.load(VOCABULARY))


def running(text: str, truecaser: Truecaser) -> str:
    return rewrite(text, to_running_text(text, casing_of(text, truecaser), truecaser)).after


def finished(source: str, translation: str, language: str, truecaser: Truecaser) -> str:
    edits = from_running_text(translation, casing_of(source, truecaser), language, truecaser)
    return rewrite(translation, edits).after


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("DAS HAUS IST GRÜN.", Style.CAPITALS),
        (f"BITTE {WORD} LESEN", Style.CAPITALS),
        ("WARUM?", Style.CAPITALS),
        ("USA", Style.SENTENCE),
        ("USA!", Style.SENTENCE),
        ("OK", Style.SENTENCE),
        ("I", Style.SENTENCE),
        ("Das Haus ist in den USA.", Style.SENTENCE),
        ("ACHTUNG: Das Haus ist grün.", Style.SENTENCE),
        ("The Old House And The Other Stories", Style.TITLE),
        ("How To Write A Letter To Your Friends", Style.TITLE),
        ("The old house and the other stories", Style.SENTENCE),
        ("Tom Smith", Style.SENTENCE),
        ("Das Haus Garten Hund", Style.SENTENCE),
        ("He Met The Other Old Friends.", Style.SENTENCE),
        ("das haus ist grün", Style.SMALL),
        ("你好世界", Style.SENTENCE),
        (f"{WORD} 5 {LOOSE}", Style.SENTENCE),
    ],
)
def test_styles(text: str, style: Style, truecaser: Truecaser) -> None:
    assert casing_of(text, truecaser).style is style


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DAS HAUS IST GRÜN UND DER HUND IST ALT.", "Das Haus ist grün und der Hund ist alt."),
        ("DIE USA SIND GROSS", "Die USA sind gross"),
        (f"{WORD} IST DAS HAUS", f"{WORD} ist das Haus"),
        ("The Old House And The Other Stories", "The old house and the other stories"),
        ("das haus ist grün", "das Haus ist grün"),
        ("Das Haus ist in den USA.", "Das Haus ist in den USA."),
        ("Tom Smith", "Tom Smith"),
    ],
)
def test_what_the_network_reads(text: str, expected: str, truecaser: Truecaser) -> None:
    assert running(text, truecaser) == expected


@pytest.mark.parametrize(
    ("source", "translation", "language", "expected"),
    [
        ("THE HOUSE IS GREEN", "das Haus ist grün", "de", "DAS HAUS IST GRÜN"),
        ("THE STREET IS GREEN", "die Straße ist grün", "de", "DIE STRASSE IST GRÜN"),
        (f"READ {WORD} NOW", f"lies {WORD} jetzt", "de", f"LIES {WORD} JETZT"),
        ("THE HOUSE IS GREEN", "房子是绿色的", "zh", "房子是绿色的"),
        (
            "The Old House And The Other Stories",
            "Das alte Haus und die anderen",
            "de",
            "Das alte Haus und die anderen",
        ),
        (
            "Das Alte Haus Und Die Anderen",
            "The old house and the others",
            "en",
            "The Old House and the Others",
        ),
        ("das haus ist grün", "The house is green", "en", "the house is green"),
        ("das haus ist grün", "Tom is in the house", "en", "Tom is in the house"),
        ("ich bin müde", "I am tired", "en", "I am tired"),
        ("the dog and the house", "Hund und Haus", "de", "Hund und Haus"),
        ("the old dog", "Der alte Hund", "de", "der alte Hund"),
        ("Das Haus ist grün", "the house is green", "en", "The house is green"),
        ("Das Haus ist grün", "The house is in the USA", "en", "The house is in the USA"),
        ("Das Handy ist alt", "iPhone is old", "en", "iPhone is old"),
        ("Österreich ist schön", "\u00e9tranger", "fr", "\u00c9tranger"),
        ("„Das Haus", "\u201cthe house", "en", "\u201cThe house"),
        (f"{WORD} ist grün", f"{WORD} is green", "en", f"{WORD} is green"),
        ("Das ist es", f"{WORD} this", "en", f"{WORD} this"),
        (f"{WORD} ist gut", f"{WORD} It's good", "en", f"{WORD} it's good"),
        (f"{WORD} ist gut", f"{WORD}: The dog", "en", f"{WORD}: The dog"),
        (f"{WORD} ist gut", f"{WORD} Tom is good", "en", f"{WORD} Tom is good"),
        (f"{WORD} Das ist gut", f"{WORD} The house", "en", f"{WORD} The house"),
        ("3 Hunde", "3 dogs", "en", "3 dogs"),
        ("iPhone ist alt", "IPhone is old", "en", "IPhone is old"),
        ("你好", "hello", "en", "hello"),
        ("A", "", "en", ""),
    ],
)
def test_what_comes_out(
    source: str, translation: str, language: str, expected: str, truecaser: Truecaser
) -> None:
    assert finished(source, translation, language, truecaser) == expected


def test_the_rest_of_a_sentence_gets_no_capital(truecaser: Truecaser) -> None:
    casing = casing_of("Wenn es regnet, gehen Hunde nicht", truecaser).of_rest("Hunde nicht")
    assert casing == Casing(Style.SENTENCE, Initial.OPEN)
    assert casing.of_rest("gehen").initial is Initial.SMALL
    assert from_running_text("dogs do not", casing, "en", truecaser) == []


def test_words_are_known_by_the_vocabulary(truecaser: Truecaser) -> None:
    spelt = [truecaser.of_capitals(word) for word in ("HAUS", "GEHEN", "USA", "MONDAY", "THE", "ÄPFEL")]
    assert spelt == ["Haus", "gehen", "USA", "Monday", "the", "Äpfel"]
    assert truecaser.prefers_lower("Other", 7.0)
    assert not truecaser.prefers_lower("Haus", 0.0)
    assert truecaser.is_known_lower("The")
    assert not truecaser.is_known_lower("Merkel")
