"""Test sets from two texts of the same structure in several languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.unseen import DECLARATIONS, PAGES, main, thinned

HTML = """<!doctype html>
<html><body><header><p>{0} were adopted here in December.</p></header>
<article data-number="1"><p>{0} are a matter for everyone of us. {1}</p>
<ol><li><p>{0}, in a list of two.</p></li></ol></article></body></html>"""
PAGE = """<page xmlns="http://projectmallard.org/1.0/"><p>Press <gui>{0}</gui> to go on with your work.</p>
<p>This page was left in English by everyone.</p><note><p>{1}</p></note></page>"""


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """Both texts: the Declaration has one sentence more in French, a note of the help is no translation."""
    (tmp_path / "rights").mkdir()
    for language, name in DECLARATIONS.items():
        one_more = "Here is one sentence more than there." if language == "fr" else ""
        word = "Rights of people" if language == "en" else f"Rechte in {language}, von Menschen"
        (tmp_path / "rights" / f"{name}.html").write_text(HTML.format(word, one_more), encoding="utf-8")
    for language, name in PAGES.items():
        folder = tmp_path / "pages" / name / "gnome-help"
        folder.mkdir(parents=True)
        word = "Enter" if language == "en" else f"Eingabe ({language})"
        note = "This note is a translation of nothing like it." if language == "en" else "Ja!"
        (folder / "keys.page").write_text(PAGE.format(word, note), encoding="utf-8")
    return tmp_path


def arguments(texts: Path) -> list[str]:
    """Of the command."""
    folders = ["--rights", str(texts / "rights"), "--help-pages", str(texts / "pages")]
    return [*folders, "--output", str(texts / "out")]


def lines(texts: Path, name: str) -> list[str]:
    """Of a file that was written."""
    return (texts / "out" / name).read_text(encoding="utf-8").splitlines()


def test_sentences_of_the_same_elements_are_pairs(texts: Path) -> None:
    assert main(arguments(texts)) == 0
    english = [
        "Rights of people were adopted here in December.",
        "Rights of people are a matter for everyone of us.",
    ]
    english.append("Rights of people, in a list of two.")
    assert lines(texts, "rights.de-en.en") == english
    german = [line.replace("Rights of people", "Rechte in de, von Menschen") for line in english]
    assert lines(texts, "rights.de-en.de") == german


def test_elements_of_unlike_numbers_of_sentences_are_left_out(texts: Path) -> None:
    main(arguments(texts))
    kept = ["Rights of people were adopted here in December.", "Rights of people, in a list of two."]
    assert lines(texts, "rights.fr-en.en") == kept


def test_what_is_no_translation_is_left_out(texts: Path) -> None:
    main(arguments(texts))
    assert lines(texts, "help.es-en.es") == ["Press Eingabe (es) to go on with your work."]
    assert lines(texts, "help.es-en.en") == ["Press Enter to go on with your work."]


def test_missing_text_is_named(texts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (texts / "rights" / f"{DECLARATIONS['zh']}.html").unlink()
    assert main(arguments(texts)) == 2
    assert f"{DECLARATIONS['zh']}.html" in capsys.readouterr().err


def test_sets_are_thinned_evenly() -> None:
    pairs = [(str(i), str(i)) for i in range(10)]
    assert thinned(pairs, 4) == [pairs[0], pairs[2], pairs[5], pairs[7]]
    assert thinned(pairs, 20) == pairs
    assert thinned([], 20) == []
