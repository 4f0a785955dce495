"""The texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.texts import name_of, read_sentences


@pytest.mark.parametrize("language", ["de", "en"])
def test_built_in_sentences_are_many_and_of_all_lengths(language: str) -> None:
    sentences = read_sentences(None, language)
    lengths = [len(sentence.split()) for sentence in sentences]
    assert len(set(sentences)) == len(sentences) == 100
    assert (min(lengths), max(lengths) > 28, max(lengths) <= 40) == (3, True, True)
    first = lengths[:20]
    assert min(first) < 7
    assert max(first) > 18, "the first few are a mixture too"


def test_a_file_gives_its_lines_that_are_not_blank(tmp_path: Path) -> None:
    path = tmp_path / "text.de"
    path.write_text("Eins.\n\n  \n Zwei. \nDrei.\n", encoding="utf-8")
    assert read_sentences(path, "xx") == ("Eins.", "Zwei.", "Drei.")
    assert read_sentences(path, "xx", limit=2) == ("Eins.", "Zwei.")
    assert name_of(path, "xx") == "text.de"


def test_a_text_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    (tmp_path / "blank").write_text("\n \n", encoding="utf-8")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\xfd")
    for name, reason in (("blank", "no text"), ("binary", "UTF-8"), ("missing", "cannot be read")):
        with pytest.raises(BenchmarkError, match=f"{name}: .*{reason}"):
            read_sentences(tmp_path / name, "de")


def test_a_language_without_sentences_is_named() -> None:
    with pytest.raises(BenchmarkError, match=r"'fr', only for de, en; name a file with --input"):
        read_sentences(None, "fr")
