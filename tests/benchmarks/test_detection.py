"""The comparison of language detectors, on a few lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.detection import cut, main

GERMAN = ["Ich habe den Zug gestern leider verpasst.", "Wo ist denn hier der alte Bahnhof?"]
ENGLISH = ["I have missed the train yesterday evening.", "Where is the old railway station here?"]


def test_texts_are_cut_to_words() -> None:
    assert cut("Ich habe den Zug", "de", 2) == "habe den"
    assert cut("Ich habe den", "de", 2) is None, "the last word ends in a full stop"
    assert cut("我错过了火车。", "zh", 2) == "我错过了"
    assert cut("Ich habe den", "de", None) == "Ich habe den"


def test_a_record_of_every_library_and_length(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("lingua", reason="lingua, an optional peer, is not installed: pip install '.[peers]'")
    files = {"de": GERMAN, "en": ENGLISH}
    for language, lines in files.items():
        (tmp_path / language).write_text("\n".join(lines), encoding="utf-8")
    output = tmp_path / "record.json"
    texts = [f"{language}={tmp_path / language}" for language in files]
    assert main([*texts, "--among", "de,en", "--output", str(output)]) == 0
    record = json.loads(output.read_text())
    cells = record["results"]["cells"]
    assert len(cells) == 15
    whole = [cell for cell in cells if cell["words"] is None]
    assert [(cell["library"], cell["texts"], cell["right"]) for cell in whole] == [
        ("py3langid", 4, 1.0),
        ("service", 4, 1.0),
        ("lingua", 4, 1.0),
    ]
    assert [library["name"] for library in record["results"]["libraries"]] == [
        "py3langid",
        "service",
        "lingua",
    ]
    assert str(tmp_path) not in record["provenance"]["command"]
    assert len(capsys.readouterr().out.splitlines()) == 15


def test_what_is_missing_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "de").write_text("Hund\n", encoding="utf-8")
    output = ["--output", str(tmp_path / "x")]
    assert main([f"de={tmp_path / 'de'}", "--among", "de,en", *output]) == 2
    assert "no texts in en" in capsys.readouterr().err
    assert main(["de", "--among", "de", *output]) == 2
    assert "LANGUAGE=FILE" in capsys.readouterr().err
    assert main([f"de={tmp_path / 'no'}", "--among", "de", *output]) == 2
    assert "cannot be read" in capsys.readouterr().err
