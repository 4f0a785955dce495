from __future__ import annotations

import base64
import random
import shutil
from pathlib import Path

import pytest

from model.checkpoint import load_checkpoint, read_manifest, set_shortlists
from model.errors import CheckpointError
from model.shortlist import pack_ids, unpack_ids


@pytest.mark.parametrize("size", [1, 8, 9, 250])
def test_a_shortlist_comes_back_as_it_was(size: int) -> None:
    dice = random.Random(size)
    ids = tuple(i for i in range(size) if dice.random() < 0.4)
    assert unpack_ids(pack_ids(ids, size), size) == ids


def test_ids_outside_of_the_vocabulary_are_refused() -> None:
    for ids in ([9], [-1, 3]):
        with pytest.raises(ValueError, match="from 0 to 8"):
            pack_ids(ids, 9)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("§", "base64"),
        ("AA", "base64"),
        (base64.b64encode(b"abc").decode(), "a bit for each of 9"),
        (base64.b64encode(b"\x00\x02").decode(), "a bit for each of 9"),  # bit 9: there is no such entry
    ],
)
def test_what_is_no_shortlist_of_the_vocabulary_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        unpack_ids(text, 9)


def test_a_checkpoint_keeps_shortlists(tiny_checkpoint: Path, tmp_path: Path) -> None:
    directory = Path(shutil.copytree(tiny_checkpoint, tmp_path / "copy"))
    before = load_checkpoint(directory)
    assert before.shortlists == {}
    set_shortlists(directory, {"en": [2, 7, 9]})
    after = load_checkpoint(directory)
    assert after.shortlists == {after.tokenizer.tag("en"): (2, 7, 9)}
    assert after.digest != before.digest
    assert after.config.model_copy(update={"shortlists": {}}) == before.config
    set_shortlists(directory, {})
    assert read_manifest(directory).digest == load_checkpoint(directory).digest
    assert load_checkpoint(directory).shortlists == {}


def test_a_shortlist_of_a_language_that_is_no_target_is_refused(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    directory = Path(shutil.copytree(tiny_checkpoint, tmp_path / "copy"))
    with pytest.raises(CheckpointError, match="'fr' is no target language"):
        set_shortlists(directory, {"fr": [2]})
    assert load_checkpoint(directory).shortlists == {}
