"""Changing a checkpoint's decoding defaults: those and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from model.checkpoint import (
    CARD_FILE,
    TOKENIZER_FILE,
    WEIGHTS_FILE,
    load_checkpoint,
    set_decoding_defaults,
)
from model.config import DecodingOptions
from model.errors import CheckpointError

TUNED = DecodingOptions(beam_size=7, length_penalty=1.3, coverage_penalty=0.2)


@pytest.fixture
def checkpoint(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_checkpoint, tmp_path / "copy"))


def test_only_the_defaults_change(checkpoint: Path) -> None:
    before = load_checkpoint(checkpoint)
    kept = {name: (checkpoint / name).read_bytes() for name in (WEIGHTS_FILE, TOKENIZER_FILE)}
    (checkpoint / CARD_FILE).write_text("A card.", encoding="utf-8")
    set_decoding_defaults(checkpoint, TUNED)
    after = load_checkpoint(checkpoint)
    assert after.config == before.config.model_copy(update={"decoding": TUNED})
    assert after.digest != before.digest
    assert {name: (checkpoint / name).read_bytes() for name in kept} == kept
    assert (checkpoint / CARD_FILE).read_text(encoding="utf-8") == "A card."
    assert [path.name for path in checkpoint.parent.iterdir()] == ["copy"]
    set_decoding_defaults(checkpoint, before.decoding)
    assert load_checkpoint(checkpoint).digest == before.digest


@pytest.mark.parametrize("name", [WEIGHTS_FILE, TOKENIZER_FILE])
def test_a_damaged_checkpoint_is_left_alone(checkpoint: Path, name: str) -> None:
    content = bytearray((checkpoint / name).read_bytes())
    content[len(content) // 2] ^= 1
    (checkpoint / name).write_bytes(content)
    before = {path.name: path.read_bytes() for path in checkpoint.iterdir()}
    with pytest.raises(CheckpointError, match=f"{name}: damaged"):
        set_decoding_defaults(checkpoint, TUNED)
    assert {path.name: path.read_bytes() for path in checkpoint.iterdir()} == before


def test_a_folder_with_something_else_in_it_is_left_alone(checkpoint: Path) -> None:
    (checkpoint / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"holds 'notes\.txt'"):
        set_decoding_defaults(checkpoint, TUNED)
    assert (checkpoint / "notes.txt").exists()
