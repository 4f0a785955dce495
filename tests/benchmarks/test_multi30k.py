"""Scores in the form of papers: exact where the form is known, refused where texts are not the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import multi30k
from benchmarks.errors import BenchmarkError
from benchmarks.multi30k import Multi30kResults
from benchmarks.multi30k_scores import TEST, VALIDATION, PaperForm, Split
from benchmarks.record import Record

# Made up in the style of the dataset, with what its normalisation is about.
ENGLISH = ("A man's dog runs.", 'Two girls, in red, say "hello".', "A boy jumps.")
GERMAN = ("Der Hund läuft.", "Zwei Mädchen in Rot rufen: „Hallo“.", "Ein Junge springt.")
GERMAN_TOKENIZED = (
    "der hund läuft .",
    "zwei mädchen in rot rufen : &quot; hallo &quot; .",
    "ein junge springt .",
)


def write(path: Path, lines: tuple[str, ...]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    for name in (VALIDATION, TEST):
        write(tmp_path / "texts" / f"{name}.en", ENGLISH)
        write(tmp_path / "texts" / f"{name}.de", GERMAN)
        write(tmp_path / "texts" / "tok" / f"{name}.de", GERMAN_TOKENIZED)
    return tmp_path / "texts"


def test_the_form_of_papers() -> None:
    assert tuple(map(PaperForm("de"), GERMAN)) == GERMAN_TOKENIZED
    assert PaperForm("en")(ENGLISH[0]) == "a man &apos;s dog runs ."
    assert PaperForm("fr")("L’homme s'assied.") == "l&apos; homme s&apos; assied ."


def test_perfect_translations_score_100_both_ways(texts: Path) -> None:
    scores = Split.read(texts, TEST, "en", "de").score(GERMAN)
    assert scores.published.references_reproduced == scores.sentences == 3
    assert scores.published.bleu == pytest.approx(100)
    assert scores.cased.bleu == pytest.approx(100)
    assert "tok:none" in scores.published.signature


def test_only_the_cased_score_sees_case(texts: Path) -> None:
    scores = Split.read(texts, TEST, "en", "de").score([text.upper() for text in GERMAN])
    assert scores.published.bleu == pytest.approx(100)
    assert scores.cased.bleu < 50


def test_the_score_is_that_of_the_formula(texts: Path) -> None:
    """A shorter text: 13 of 16 words, all n-grams right, so that the brevity penalty alone counts."""
    scores = Split.read(texts, TEST, "en", "de").score([*GERMAN[:2], "Ein"])
    words = [len(line.split()) for line in GERMAN_TOKENIZED]
    translated = words[0] + words[1] + 1
    assert scores.published.length_ratio == pytest.approx(translated / sum(words), abs=0.001)
    assert scores.published.bleu == pytest.approx(100 * scores.published.brevity_penalty, abs=0.1)


def test_references_of_another_text_are_refused(texts: Path) -> None:
    write(texts / "tok" / f"{TEST}.de", tuple(reversed(GERMAN_TOKENIZED)))
    with pytest.raises(BenchmarkError, match=r"only 1 of 3 lines"):
        Split.read(texts, TEST, "en", "de")


def test_the_record(
    tiny_checkpoint: Path, texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "record.json"
    arguments = [str(tiny_checkpoint), "--texts", str(texts), "--output", str(output)]
    assert multi30k.main(arguments) == 0
    content = output.read_text(encoding="utf-8")
    results = Record[Multi30kResults].model_validate_json(content).results
    assert [split.split for split in results.splits] == [VALIDATION, TEST]
    assert results.parameters > 0
    assert str(tmp_path) not in content
    assert GERMAN[0] not in content
    assert "en-de" in capsys.readouterr().out


def test_a_missing_file_is_named(
    tiny_checkpoint: Path, texts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (texts / "tok" / f"{TEST}.de").unlink()
    assert multi30k.main([str(tiny_checkpoint), "--texts", str(texts)]) == 2
    assert f"{TEST}.de" in capsys.readouterr().err
