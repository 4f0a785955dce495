"""Language detection, on sentences that leave no doubt and on texts that say nothing."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.text.detection import Detector, fallback_language

SENTENCES = {
    "de": "Ich habe gestern den letzten Zug nach Hause verpasst.",
    "en": "Yesterday I missed the last train on my way home.",
    "fr": "Hier soir, j'ai raté le dernier train pour rentrer.",
    "es": "Ayer por la noche perdí el último tren a casa.",
    "zh": "昨天晚上我错过了最后一班回家的火车。",
}
LANGUAGES = tuple(SENTENCES)


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector()


def test_the_model_is_loaded_by_the_first_text_only() -> None:
    program = """
import subprocess
import sys
from service.text.detection import Detector
detector = Detector()
assert detector.detect("12", ["de"]) is None
assert "py3langid" not in sys.modules
assert detector.detect("Hallo Welt", ["de"]).language == "de"
loaded = detector._identifier
assert loaded is not None
detector.detect("Hallo Welt", ["de"])
assert detector._identifier is loaded
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_recognised(detector: Detector, language: str) -> None:
    for text in (SENTENCES[language], SENTENCES[language].upper(), SENTENCES[language] * 1000):
        found = detector.detect(text, LANGUAGES)
        assert found is not None
        assert found.language == language
        assert 60 <= found.confidence <= 100


def test_more_text_gives_more_confidence(detector: Detector) -> None:
    word, words, sentence = (detector.detect(text, LANGUAGES) for text in ("Zug", "den Zug", SENTENCES["de"]))
    assert word is not None
    assert words is not None
    assert sentence is not None
    assert (word.language, words.language, sentence.language) == ("de", "de", "de")
    assert word.confidence < words.confidence < sentence.confidence


@pytest.mark.parametrize(("word", "language"), [("Ja", "de"), ("the", "en"), ("Straße", "de"), ("yes", "en")])
def test_single_words_are_recognised(detector: Detector, word: str, language: str) -> None:
    for text in (word, f"  {word}\n"):
        found = detector.detect(text, ("de", "en"))
        assert found is not None
        assert found.language == language


@pytest.mark.parametrize("text", ["", " \n\t", "12.5", "🙂🙂", "--- 100 % ---", "\x00"])
def test_a_text_without_letters_says_nothing(detector: Detector, text: str) -> None:
    assert detector.detect(text, LANGUAGES) is None


def test_only_the_languages_asked_for_are_found(detector: Detector) -> None:
    assert getattr(detector.detect(SENTENCES["fr"], ("de", "en")), "language", None) in ("de", "en")
    alone = detector.detect(SENTENCES["fr"], ("de",))
    assert (alone and (alone.language, alone.confidence)) == ("de", 100.0)
    assert getattr(detector.detect(SENTENCES["de"], ("qq", "de", "en")), "language", None) == "de"
    assert detector.detect(SENTENCES["de"], ("qq",)) is None


@settings(deadline=None)
@given(st.text(max_size=50))
def test_any_text_has_a_language_or_none(text: str) -> None:
    text = text.encode(errors="ignore").decode()
    found = SHARED.detect(text, LANGUAGES)
    if found is not None:
        assert found.language in LANGUAGES
        assert 100 / len(LANGUAGES) - 0.1 <= found.confidence <= 100


SHARED = Detector()


def test_threads_agree() -> None:
    detector = Detector()
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda text: detector.detect(text, LANGUAGES), [*SENTENCES.values()] * 20))
    assert [one and one.language for one in found] == [*LANGUAGES] * 20


def test_the_fallback_is_english_where_there_is_english() -> None:
    assert fallback_language(("de", "en")) == "en"
    assert fallback_language(("de", "fr")) == "de"
