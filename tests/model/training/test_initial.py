"""Fine-tuning: a run that starts from a checkpoint's weights."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from model.build import build_model
from model.checkpoint import load_checkpoint, save_checkpoint
from model.config import Recipe
from model.errors import ConfigError
from model.tokenizer_training import train_tokenizer
from model.training.initial import initial_weights
from model.training.loop import Trainer, train
from model.training.prepared import PreparedCorpus
from model.training.workers import Workers
from tests.model.training.recipes import changed


@pytest.fixture
def pretrained(recipe: Recipe, tmp_path: Path) -> Path:
    """A checkpoint of the recipe's shape and vocabulary, with random weights."""
    corpus = PreparedCorpus.load(recipe.data.directory)
    config = recipe.model.with_vocabulary(corpus.tokenizer.vocabulary_size)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        model = build_model(config)
    save_checkpoint(
        tmp_path / "pretrained",
        model=model,
        config=config,
        tokenizer=corpus.tokenizer,
        directions=[("en", "de")],
        name="pretrained",
    )
    return tmp_path / "pretrained"


def test_a_run_starts_from_the_checkpoint_and_its_checkpoint_says_so(
    recipe: Recipe, pretrained: Path, tmp_path: Path
) -> None:
    tuned = changed(
        recipe, initialize_from=pretrained, learning_rate=1e-9, max_updates=3, validation_sentences=1
    )
    trainer = Trainer(tuned, tmp_path, Workers())
    trainer.initialise()
    start = load_checkpoint(pretrained)
    for name, tensor in start.model.state_dict().items():
        assert torch.equal(trainer.model.state_dict()[name], tensor)
    outcome = train(tuned, tmp_path / "tuned")
    assert outcome.checkpoint is not None
    end = load_checkpoint(outcome.checkpoint)
    for name, tensor in start.model.state_dict().items():
        torch.testing.assert_close(end.model.state_dict()[name], tensor, atol=1e-5, rtol=1e-2)
    assert end.config.training["initialized_from"] == start.digest
    assert str(tmp_path) not in (outcome.checkpoint / "config.json").read_text(encoding="utf-8")


def test_a_resumed_run_does_not_need_the_checkpoint(recipe: Recipe, pretrained: Path, tmp_path: Path) -> None:
    tuned = changed(recipe, initialize_from=pretrained, validation_sentences=1)
    digest = load_checkpoint(pretrained).digest
    train(changed(tuned, max_updates=2), tmp_path / "tuned")
    shutil.rmtree(pretrained)
    outcome = train(changed(tuned, max_updates=4), tmp_path / "tuned", resume=True)
    assert outcome.checkpoint is not None
    assert load_checkpoint(outcome.checkpoint).config.training["initialized_from"] == digest


def test_another_vocabulary_is_refused(recipe: Recipe, tiny_checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"initialize_from: .* another vocabulary .* --tokenizer .*tokenizer"
    ):
        train(changed(recipe, initialize_from=tiny_checkpoint), tmp_path / "run")


def test_another_shape_is_refused_by_its_keys(recipe: Recipe, pretrained: Path, tmp_path: Path) -> None:
    wider = recipe.model_copy(update={"model": recipe.model.model_copy(update={"hidden_size": 96})})
    with pytest.raises(ConfigError, match=r"initialize_from: .* has hidden_size 64, not 96$"):
        train(changed(wider, initialize_from=pretrained), tmp_path / "run")


def test_a_missing_checkpoint_is_named(recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"training\.initialize_from: .*nowhere: no such folder"):
        train(changed(recipe, initialize_from=tmp_path / "nowhere"), tmp_path / "run")


def test_a_transferred_vocabulary_keeps_the_rows_of_shared_pieces(
    recipe: Recipe, pretrained: Path, tmp_path: Path
) -> None:
    old = load_checkpoint(pretrained)
    other = train_tokenizer(
        ["eins zwei drei vier fünf one two three four five"] * 3, vocabulary_size=283, languages=("de", "en")
    )
    config = old.config.model.model_copy(update={"vocabulary_size": other.vocabulary_size})
    weights, digest = initial_weights(pretrained, config, other, transfer_vocabulary=True)
    build_model(config).load_state_dict(weights)
    assert digest == old.digest
    before, after = old.model.state_dict(), weights
    known = old.tokenizer.pieces(range(old.tokenizer.vocabulary_size))
    new = other.pieces(range(other.vocabulary_size))
    assert set(known) & set(new)
    assert set(new) - set(known)
    for index, piece in enumerate(new):
        parts = [known.index(piece)] if piece in known else old.tokenizer.encode(other.decode([index]))
        for name in ("embedding.weight", "output_bias"):
            torch.testing.assert_close(after[name][index], before[name][parts].mean(dim=0))
    for name in before.keys() - {"embedding.weight", "output_bias"}:
        assert torch.equal(after[name], before[name])
