"""A pruned network that is trained on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from model.checkpoint import load_checkpoint
from model.cli import main
from model.config import Recipe
from model.training.loop import train
from tests.model.training.recipes import changed


@pytest.mark.parametrize("keep_zeros", [True, False])
def test_training_on_holds_the_zeros_if_asked_to(
    keep_zeros: bool, recipe: Recipe, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = changed(recipe, max_updates=8, validation_sentences=1)
    first = train(recipe, tmp_path / "first").checkpoint
    assert main(["prune", str(first), "--share", "0.5", "--output", str(tmp_path / "pruned")]) == 0
    capsys.readouterr()
    again = changed(recipe, initialize_from=tmp_path / "pruned", keep_zeros=keep_zeros, max_updates=6)
    train(again, tmp_path / "again")
    resumed = train(changed(again, max_updates=10), tmp_path / "again", resume=True).checkpoint
    assert resumed is not None
    before = load_checkpoint(tmp_path / "pruned").model.state_dict()
    after = load_checkpoint(resumed).model.state_dict()
    places = {name: tensor == 0 for name, tensor in before.items() if tensor.dim() > 1}
    assert all(bool((after[name][zero] == 0).all()) for name, zero in places.items()) == keep_zeros
    assert any(not torch.equal(after[name], tensor) for name, tensor in before.items())
    training = json.loads((resumed / "config.json").read_text(encoding="utf-8"))["training"]
    assert training["recipe"]["keep_zeros"] is keep_zeros
