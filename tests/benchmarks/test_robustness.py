"""The whole benchmark against a real service with a network that knows nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.noise import KINDS
from benchmarks.robustness import Translated, compare, main


def test_counts_are_by_kind_and_by_try() -> None:
    texts = {"clean": ["Das Haus ist alt"], "small": ["das haus ist sehr alt"]}
    good = Translated("The house is old", frozenset(), 0.9)
    copy = Translated("das haus ist sehr alt", frozenset({"copied"}), 0.4)
    clean, small = compare(texts, {"clean": [good], "small": [copy]}, {"clean": [good], "small": [good]})
    assert (clean.changed, clean.before, clean.before.flagged) == (0, clean.after, 0)
    assert (small.changed, small.before.flags, small.before.copies) == (1, {"copied": 1}, 1)
    assert (small.after.flagged, small.after.copies, small.after.confidence) == (0, 0, 0.9)


def test_a_record_has_every_kind(
    tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, record = tmp_path / "text.de", tmp_path / "record.json"
    text.write_text("Das Haus ist alt.\nWo ist der Bahnhof?\n")
    arguments = [str(tiny_checkpoint), "--direction", "de-en", "--input", str(text)]
    assert main([*arguments, "--sentences", "2", "--output", str(record)]) == 0
    document = json.loads(record.read_text())
    assert document["provenance"]["checkpoint"]["name"] == "tiny"
    assert [one["kind"] for one in document["results"]["kinds"]] == list(KINDS)
    assert all(one["texts"] == 2 for one in document["results"]["kinds"])
    assert "Bahnhof" not in record.read_text()
    assert f"written to {record}" in capsys.readouterr().out


def test_a_direction_that_is_not_there(tiny_checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tiny_checkpoint), "--direction", "de-fr"]) == 2
    assert "tiny does not translate de-fr" in capsys.readouterr().err
