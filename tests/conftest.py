"""A real tokenizer and a real checkpoint, as small as they can be, shared by all tests."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from model.build import build_model
from model.checkpoint import save_checkpoint
from model.config import DecodingOptions, ModelConfig
from model.tokenizer import Tokenizer
from model.tokenizer_training import train_tokenizer

TINY_DIRECTIONS = (("de", "en"), ("en", "de"))
TINY_TEXT = (
    "Ich habe den Zug verpasst.",
    "I missed the train.",
    "Wo ist der Bahnhof?",
    "Where is the station?",
    "Das alte Haus ist grün.",
    "The old house is green.",
    "Zwei Hunde laufen im Park.",
    "Two dogs are running in the park.",
)


@pytest.fixture(scope="session")
def tiny_tokenizer() -> Tokenizer:
    """300 pieces: special symbols, tags for ``de`` and ``en``, bytes, letters and a few short words."""
    return train_tokenizer(TINY_TEXT, vocabulary_size=300, languages=("de", "en"))


@pytest.fixture(scope="session")
def copying_tokenizer() -> Tokenizer:
    """``tiny_tokenizer`` with six placeholders."""
    return train_tokenizer(TINY_TEXT, vocabulary_size=306, languages=("de", "en"), placeholders=6)


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory, tiny_tokenizer: Tokenizer) -> Path:
    """A folder with a randomly initialised network, both ways between ``de`` and ``en``.

    It translates into gibberish, always the same. Tests that change files copy it first.
    """
    config = ModelConfig(
        vocabulary_size=tiny_tokenizer.vocabulary_size, embedding_size=16, hidden_size=16, attention_heads=2
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        model = build_model(config)
    directory = tmp_path_factory.mktemp("checkpoints") / "tiny"
    save_checkpoint(
        directory,
        model=model,
        config=config,
        tokenizer=tiny_tokenizer,
        directions=TINY_DIRECTIONS,
        decoding=DecodingOptions(beam_size=2),
        name="tiny",
        training={"updates": 0},
        dtype=torch.float32,
    )
    return directory
