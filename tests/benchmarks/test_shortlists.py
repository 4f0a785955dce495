"""What the comparison of shortlists reports, where the answer is known."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch

from benchmarks import shortlists
from benchmarks.record import Record
from benchmarks.shortlists import ShortlistResults
from model.build import build_model
from model.checkpoint import save_checkpoint, set_shortlists
from model.config import ModelConfig
from model.errors import KernelError
from model.inference.library import load_library
from model.tokenizer import Tokenizer


@pytest.fixture
def checkpoint(tiny_tokenizer: Tokenizer, tmp_path: Path) -> Path:
    """A random network that the kernels know; English has all pieces on its list, German few."""
    try:
        load_library()
    except KernelError as error:
        pytest.skip(str(error))
    size, directory = tiny_tokenizer.vocabulary_size, tmp_path / "narrow"
    config = ModelConfig(vocabulary_size=size, embedding_size=32, hidden_size=32, attention_heads=2)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        model = build_model(config)
    save_checkpoint(
        directory,
        model=model,
        config=config,
        tokenizer=tiny_tokenizer,
        directions=[("de", "en"), ("en", "de")],
        name="narrow",
    )
    few = random.Random(1).sample(range(size), k=size // 20)
    set_shortlists(directory, {"en": range(size), "de": few})
    return directory


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    german, english = tmp_path / "test.de", tmp_path / "test.en"
    german.write_text("Wo ist der Bahnhof?\nIch habe den Zug verpasst.\n", encoding="utf-8")
    english.write_text("Where is the station?\nI missed the train.\n", encoding="utf-8")
    return str(german), str(english)


def test_a_list_of_everything_changes_nothing_and_one_of_little_much(
    checkpoint: Path, files: tuple[str, str], tmp_path: Path
) -> None:
    output = tmp_path / "shortlists.json"
    tests = ["--test", "de-en", *files, "--test", "en-de", *reversed(files)]
    assert shortlists.main([str(checkpoint), *tests, "--rounds", "1", "--output", str(output)]) == 0
    record = Record[ShortlistResults].model_validate_json(output.read_text(encoding="utf-8"))
    into_english, into_german = record.results.directions
    assert into_english.pieces == into_english.vocabulary
    assert into_english.equal_share == 1.0
    assert into_english.bleu == into_english.bleu_whole
    assert into_german.pieces < into_german.vocabulary / 19
    assert into_german.equal == 0
    assert str(tmp_path) not in output.read_text(encoding="utf-8")


def test_a_language_without_a_list_is_an_error(
    checkpoint: Path, files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    set_shortlists(checkpoint, {})
    assert shortlists.main([str(checkpoint), "--test", "de-en", *files]) == 2
    assert "no shortlist for en" in capsys.readouterr().err
