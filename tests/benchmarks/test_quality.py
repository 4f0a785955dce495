"""Scores with their provenance, against ``python -m model evaluate`` on the same files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import quality
from benchmarks.quality import QualityResults
from benchmarks.record import Record
from model.cli import main as model_main


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    source, reference = tmp_path / "test.de", tmp_path / "test.en"
    source.write_text("Wo ist der Bahnhof?\nIch habe den Zug verpasst.\n", encoding="utf-8")
    reference.write_text("Where is the station?\nI missed the train.\n", encoding="utf-8")
    return str(source), str(reference)


def test_the_record_has_the_scores_of_evaluate(
    tiny_checkpoint: Path, files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "quality.json"
    arguments = [str(tiny_checkpoint), "--test", "de-en", *files, "--output", str(output)]
    assert quality.main(arguments) == 0
    record = Record[QualityResults].model_validate_json(output.read_text(encoding="utf-8"))
    capsys.readouterr()
    languages = ["--source-lang", "de", "--target-lang", "en"]
    paths = ["--source", files[0], "--reference", files[1]]
    model_main(["evaluate", str(tiny_checkpoint), *languages, *paths, "--beam-size", "5", "--json"])
    expected = json.loads(capsys.readouterr().out)
    [test] = record.results.tests
    assert test.chrf == pytest.approx(expected["chrf"], abs=0.005)
    assert test.bleu == pytest.approx(expected["bleu"], abs=0.005)
    assert record.provenance.checkpoint is not None
    assert record.provenance.checkpoint.digest == expected["checkpoint"]["digest"]
    assert str(tmp_path) not in output.read_text(encoding="utf-8")


def test_an_unknown_direction_is_an_error(
    tiny_checkpoint: Path, files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert quality.main([str(tiny_checkpoint), "--test", "de-fr", *files]) == 2
    assert "de→fr" in capsys.readouterr().err
