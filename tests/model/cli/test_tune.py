from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

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
        path.write_text("".join(f"{line}\n" for line in TINY_TEXT[side::2]))
    return [
        *("tune", str(checkpoint), "--source-lang", "de", "--target-lang", "en"),
        *("--source", str(files[0]), "--reference", str(files[1])),
        *("--also", "en-de", str(files[1]), str(files[0])),
        *("--length-penalties", "1.5", "0", "0", "--coverage-penalties", "0", "--threads", "1"),
    ]


def test_the_winner_is_stored_and_nothing_else_changes(
    arguments: list[str], checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = load_checkpoint(checkpoint)
    assert main([*arguments, "--json", "--write"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [[trial["beam_size"], trial["length_penalty"]] for trial in document["trials"]] == [
        [2, 0.0],
        [2, 1.5],
    ]
    assert document["best"] == max(document["trials"], key=lambda trial: trial["mean_bleu"])
    assert document["directions"] == [["de", "en"], ["en", "de"]]
    assert document["now"] is None  # 0.6 is not on this grid
    after = load_checkpoint(checkpoint)
    assert after.decoding.length_penalty == document["best"]["length_penalty"]
    assert document["written"] == after.digest != before.digest
    assert after.config == before.config.model_copy(update={"decoding": after.decoding})


def test_without_write_the_checkpoint_stays(
    arguments: list[str], checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = load_checkpoint(checkpoint).digest
    assert main([*arguments, "--length-penalties", "0.6", "1", "--beam-sizes", "2", "1"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("mean BLEU, beam size") == 2
    assert shown.count("*") == 1
    assert "now: beam size 2, length penalty 0.6, coverage penalty 0: de→en " in shown
    assert "best: beam size " in shown
    assert load_checkpoint(checkpoint).digest == before


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (["--length-penalties", "0", "9"], "length_penalty: Input should be less than or equal to 5"),
        (["--beam-sizes", "100"], "beam_size: Input should be less than or equal to 64"),
        (["--target-lang", "fr"], "tiny does not translate de→fr; it has de→en, en→de"),
        (["--also", "german", "a", "b"], "'german' is not two different language codes"),
        (["--reference", "nowhere"], "nowhere: cannot be read"),
    ],
)
def test_what_cannot_be_tuned_is_named(
    changes: list[str], reason: str, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, *changes]) == 2
    assert reason in capsys.readouterr().err
