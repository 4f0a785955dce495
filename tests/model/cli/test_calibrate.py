from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from model.calibration import Calibration
from model.checkpoint import load_checkpoint
from model.cli import main
from tests.conftest import TINY_TEXT


@pytest.fixture
def checkpoint(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_checkpoint, tmp_path / "checkpoint"))


@pytest.fixture
def arguments(checkpoint: Path, tmp_path: Path) -> list[str]:
    files = tmp_path / "valid.de", tmp_path / "valid.en"
    for side, path in enumerate(files):
        path.write_text("".join(f"{line}\n" for line in TINY_TEXT[side::2]) * 25)
    return [
        *("calibrate", str(checkpoint), "--source-lang", "de", "--target-lang", "en"),
        *("--source", str(files[0]), "--reference", str(files[1]), "--threads", "1"),
    ]


def test_what_is_written_is_what_is_checked(
    arguments: list[str], checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = load_checkpoint(checkpoint)
    also = ["--also", "en-de", str(tmp_path / "valid.en"), str(tmp_path / "valid.de")]
    assert main([*arguments, *also, "--good-chrf", "5", "--json", "--write"]) == 0
    fitted = json.loads(capsys.readouterr().out)
    after = load_checkpoint(checkpoint)
    assert after.config.calibration == Calibration.model_validate(fitted["calibration"])
    assert fitted["written"] == after.digest != before.digest
    assert after.config == before.config.model_copy(update={"calibration": after.config.calibration})
    assert set(fitted["measured"]) == {"de-en", "en-de"}
    for measured in fitted["measured"].values():
        assert measured["sentences"] == 100
        assert measured["mean_confidence"] == pytest.approx(measured["good"], abs=0.02)
    picture = tmp_path / "picture.svg"
    assert main([*arguments, "--check", "--json", "--output", str(picture)]) == 0
    checked = json.loads(capsys.readouterr().out)
    assert checked["calibration"] == fitted["calibration"]
    assert checked["measured"]["de-en"] == fitted["measured"]["de-en"]
    assert checked["written"] is None
    assert "de→en (100 sentences)" in picture.read_text()


def test_without_write_the_checkpoint_stays(
    arguments: list[str], checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = load_checkpoint(checkpoint).digest
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    assert "good is a chrF of 50" in shown
    assert "flagged below a coverage of " in shown
    assert load_checkpoint(checkpoint).digest == before


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (["--good-chrf", "0"], "--good-chrf: must be above 0 and at most 100, not 0"),
        (["--check"], "tiny has not been calibrated; leave out --check"),
        (["--target-lang", "fr"], "tiny does not translate de→fr"),
        (["--reference", "nowhere"], "nowhere: cannot be read"),
        (["--output", "picture.gif"], "picture.gif: a picture's name ends in .png or .svg"),
        (["--max-source-tokens", "5"], "de-en: 0 sentences; at least 100 are needed"),
    ],
)
def test_what_cannot_be_calibrated_is_named(
    changes: list[str], reason: str, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, *changes]) == 2
    assert reason in capsys.readouterr().err
