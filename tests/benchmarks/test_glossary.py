"""Terms are found in parallel text, and what is counted is what the record says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.glossary import Sample, choose_samples, made_up, main, present
from benchmarks.lexicon import Lexicon
from service.text.glossary import Entry

TRAIN = [
    ("Der Hund schläft", "The puppy sleeps"),
    ("Der Hund spielt", "The puppy plays"),
    ("Mein Hund wartet", "That puppy waits"),
    ("Das Haus wartet", "That house waits"),
    ("Mein Haus brennt", "That house burns"),
    ("Kein Haus schläft", "Some house sleeps"),
]


@pytest.fixture
def lexicon() -> Lexicon:
    return Lexicon.count([one for one, _ in TRAIN], [other for _, other in TRAIN])


def test_words_that_come_together_are_terms(lexicon: Lexicon) -> None:
    assert lexicon.dice("Hund", "puppy") == 1.0
    assert lexicon.dice("Hund", "house") == 0.0
    assert list(lexicon.terms("Hund und Haus", "house and puppy")) == [("Hund", "puppy"), ("Haus", "house")]


def test_sentences_without_terms_are_left_out(lexicon: Lexicon) -> None:
    sources = ["Wo ist der Hund?", "Wo bist du?", "Ein Haus."]
    references = ["Where is the puppy?", "Where are you?", "A house."]
    assert choose_samples(lexicon, sources, references, 9) == [
        Sample(sources[0], references[0], (Entry("Hund", "puppy"),)),
        Sample(sources[2], references[2], (Entry("Haus", "house"),)),
    ]
    assert len(choose_samples(lexicon, sources, references, 1)) == 1


def test_made_up_terms_are_in_the_reference_too() -> None:
    (sample,) = made_up([Sample("Hund", "A puppy, puppyish", (Entry("Hund", "puppy"),))])
    (term,) = sample.terms
    assert sample.reference == f"A {term.target}, puppyish"


def test_only_whole_words_count_as_present() -> None:
    sample = Sample("x", "x", (Entry("Hund", "puppy"), Entry("Haus", "house")))
    assert present(["Puppy in a house"], [sample]) == 1.0
    assert present(["puppys PUPPY House houses"], [sample]) == 0.5


def test_a_record_is_written(tiny_checkpoint: Path, tmp_path: Path) -> None:
    files = {}
    for place, language in enumerate(("de", "en")):
        files[language] = tmp_path / f"text.{language}"
        files[language].write_text("".join(f"{pair[place]}\n" for pair in TRAIN))
    texts = [str(files["de"]), str(files["en"])]
    output = tmp_path / "record.json"
    arguments = [str(tiny_checkpoint), "--test", *texts, "--train", *texts, "--sentences", "4"]
    assert main([*arguments, "--output", str(output)]) == 0
    results = json.loads(output.read_text())["results"]
    assert results["sentences"] == 4
    for kind in ("agreeing", "made_up"):
        assert results[kind]["terms"] >= 4
        assert results[kind]["present_with"] == 1.0
    assert min(results["speed"].values()) > 0
