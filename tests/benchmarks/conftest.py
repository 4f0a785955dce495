"""What the tests of the benchmarks share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from benchmarks import reference
from model.build import build_model
from model.checkpoint import save_checkpoint
from model.config import DecodingOptions, ModelConfig
from model.tokenizer import Tokenizer


@pytest.fixture(scope="session")
def quick_checkpoint(tmp_path_factory: pytest.TempPathFactory, tiny_tokenizer: Tokenizer) -> Path:
    """A folder with a random network, whose translations have at most six tokens and so take no time."""
    config = ModelConfig(
        vocabulary_size=tiny_tokenizer.vocabulary_size, embedding_size=16, hidden_size=16, attention_heads=2
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        model = build_model(config)
    directory = tmp_path_factory.mktemp("checkpoints") / "quick"
    save_checkpoint(
        directory,
        model=model,
        config=config,
        tokenizer=tiny_tokenizer,
        directions=(("de", "en"), ("en", "de")),
        decoding=DecodingOptions(beam_size=2, max_length=6),
        name="quick",
        training={"updates": 0},
        dtype=torch.float32,
    )
    return directory


@pytest.fixture(autouse=True)
def short_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference computation of a single product, which takes milliseconds."""
    monkeypatch.setattr(reference, "PRODUCTS", 1)


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    """PyTorch's number of threads stays as it was: the commands set it."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)
