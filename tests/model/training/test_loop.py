"""A training run: it learns, survives being stopped and killed, and refuses to go on from nonsense."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from model.checkpoint import load_checkpoint
from model.config import Recipe, TrainingConfig
from model.errors import ConfigError, TrainingError
from model.training.batching import Batch
from model.training.loop import Trainer, train
from model.training.reporting import METRICS_FILE
from model.training.schedule import learning_rate
from model.training.state import STATE_FILE
from model.training.window import Update
from tests.model.training.recipes import changed


class Killed(BaseException):
    """What a test throws to stop a run dead, with no chance to save."""


def at_update(monkeypatch: pytest.MonkeyPatch, update: int, action: object) -> None:
    """Run ``action`` just before the ``update``-th update is made."""
    original = Trainer._update

    def wrapped(trainer: Trainer, batch: Batch) -> Update:
        if trainer.progress.update + 1 == update:
            assert callable(action)
            action()
        return original(trainer, batch)

    monkeypatch.setattr(Trainer, "_update", wrapped)


def records(directory: Path, kind: str) -> list[dict[str, float]]:
    lines = (directory / METRICS_FILE).read_text(encoding="utf-8").splitlines()
    return [record for line in lines if (record := json.loads(line))["kind"] == kind]


def assert_same_run(one: Path, other: Path) -> None:
    """Weights, averages, optimiser and random generators are equal to the last bit; so are the records."""
    first, second = load_file(one / STATE_FILE), load_file(other / STATE_FILE)
    assert first.keys() == second.keys()
    for name, tensor in first.items():
        assert torch.equal(tensor, second[name]), name
    for kind, keys in (("train", ("update", "learning_rate")), ("valid", ("update", "bleu"))):
        assert [[record[key] for key in keys] for record in records(one, kind)] == [
            [record[key] for key in keys] for record in records(other, kind)
        ]


def test_it_learns_and_the_winner_translates(recipe: Recipe, tmp_path: Path) -> None:
    recipe = changed(
        recipe,
        max_updates=300,
        warmup_updates=20,
        validate_every_updates=100,
        validation_sentences=40,
        ema_decay=0.95,
        dropout=0.1,
        word_dropout=0.0,
    )
    outcome = train(recipe, tmp_path / "run")
    assert outcome.finished
    assert outcome.update == 300
    scores = {record["name"]: record["bleu"] for record in records(tmp_path / "run", "candidate")}
    assert max(scores.values()) > 85
    assert outcome.checkpoint is not None
    assert load_checkpoint(outcome.checkpoint).directions == (("de", "en"),)


def test_a_killed_run_resumes_as_if_it_had_not_been(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(recipe, tmp_path / "unbroken")

    def kill() -> None:
        raise Killed

    with monkeypatch.context() as patch:
        at_update(patch, 16, kill)  # saved at 12; updates 13 to 15 are lost and made again
        with pytest.raises(Killed):
            train(recipe, tmp_path / "broken")
    train(recipe, tmp_path / "broken", resume=True)
    assert_same_run(tmp_path / "unbroken", tmp_path / "broken")


def test_a_killed_run_with_every_technique_resumes_as_well(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = changed(
        recipe,
        consistency="simcut",
        scheduled_sampling=0.5,
        scheduled_sampling_temperature=1.0,
        weight_drop=0.2,
        max_updates=14,
        validation_sentences=1,
    )
    # An epoch of a few batches, so that the run is killed in a later one.
    recipe = recipe.model_copy(update={"data": recipe.data.model_copy(update={"epoch_pairs": 90})})
    train(recipe, tmp_path / "unbroken")

    def kill() -> None:
        raise Killed

    with monkeypatch.context() as patch:
        at_update(patch, 11, kill)
        with pytest.raises(Killed):
            train(recipe, tmp_path / "broken")
    train(recipe, tmp_path / "broken", resume=True)
    assert_same_run(tmp_path / "unbroken", tmp_path / "broken")


def test_ctrl_c_saves_and_the_run_resumes(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(recipe, tmp_path / "unbroken")
    with monkeypatch.context() as patch:
        at_update(patch, 15, lambda: os.kill(os.getpid(), signal.SIGINT))
        outcome = train(recipe, tmp_path / "broken")
    assert not outcome.finished
    assert outcome.update == 15
    train(recipe, tmp_path / "broken", resume=True)
    assert_same_run(tmp_path / "unbroken", tmp_path / "broken")


def test_a_loss_that_is_not_finite_stops_and_keeps_what_was_good(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wild(update: int, config: TrainingConfig) -> float:
        return 1e38 if update == 13 else learning_rate(update, config)

    monkeypatch.setattr("model.training.loop.learning_rate", wild)
    with pytest.raises(TrainingError, match=r"update 15: .*not finite.*learning_rate"):
        train(recipe, tmp_path / "run")
    load_checkpoint(tmp_path / "run" / "best")
    saved = load_file(tmp_path / "run" / STATE_FILE)
    assert all(tensor.isfinite().all() for tensor in saved.values())


def test_early_stopping_waits_for_its_patience(recipe: Recipe, tmp_path: Path) -> None:
    hopeless = changed(
        recipe, learning_rate=1e-9, validate_every_updates=2, patience=3, max_updates=500, ema_decay=0.0
    )
    outcome = train(hopeless, tmp_path / "run")
    assert outcome.finished
    assert outcome.update == 2 * (1 + 3)  # the first validation is the best; three more are not better


def test_a_run_is_not_overwritten(recipe: Recipe, tmp_path: Path) -> None:
    train(changed(recipe, max_updates=2), tmp_path / "run")
    with pytest.raises(TrainingError, match="--resume"):
        train(recipe, tmp_path / "run")


def test_nothing_to_resume_is_an_error(recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="nothing to resume"):
        train(recipe, tmp_path / "run", resume=True)


def test_another_recipe_cannot_resume(recipe: Recipe, tmp_path: Path) -> None:
    train(changed(recipe, max_updates=2), tmp_path / "run")
    with pytest.raises(TrainingError, match=r"training\.dropout"):
        train(changed(recipe, dropout=0.9), tmp_path / "run", resume=True)


def test_another_mixture_of_the_data_cannot_resume(recipe: Recipe, tmp_path: Path) -> None:
    train(changed(recipe, max_updates=2), tmp_path / "run")
    other = recipe.model_copy(update={"data": recipe.data.model_copy(update={"epoch_pairs": 50})})
    with pytest.raises(TrainingError, match=r"data\.epoch_pairs"):
        train(other, tmp_path / "run", resume=True)


def test_a_state_from_before_an_option_existed_resumes_with_its_default(
    recipe: Recipe, tmp_path: Path
) -> None:
    recipe = changed(recipe, validation_sentences=1)
    train(changed(recipe, max_updates=2), tmp_path / "run")
    path = tmp_path / "run" / STATE_FILE
    with safe_open(path, framework="pt") as file:
        header = {name: json.loads(text) for name, text in file.metadata().items()}
    for name in ("consistency", "weight_drop", "scheduled_sampling", "initialize_from"):
        del header["recipe"]["training"][name]
    header["recipe"]["data"] = {"directory": header["recipe"]["data"]["directory"]}
    del header["progress"]["initialized_from"]
    save_file(load_file(path), path, metadata={name: json.dumps(part) for name, part in header.items()})
    assert train(changed(recipe, max_updates=4), tmp_path / "run", resume=True).update == 4
    with pytest.raises(TrainingError, match=r"training\.consistency"):
        train(changed(recipe, consistency="r_drop"), tmp_path / "run", resume=True)


def test_the_calm_phase_can_be_moved_only_ahead(recipe: Recipe, tmp_path: Path) -> None:
    train(changed(recipe, max_updates=12), tmp_path / "run")
    with pytest.raises(TrainingError, match=r"calm_after_updates.*after 12"):
        train(changed(recipe, calm_after_updates=11), tmp_path / "run", resume=True)
    assert train(changed(recipe, calm_after_updates=12), tmp_path / "run", resume=True).finished


def test_a_damaged_state_is_refused(recipe: Recipe, tmp_path: Path) -> None:
    train(changed(recipe, max_updates=2), tmp_path / "run")
    path = tmp_path / "run" / STATE_FILE
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(TrainingError, match=STATE_FILE):
        train(recipe, tmp_path / "run", resume=True)


def test_weight_drop_without_recurrent_weights_is_refused(recipe: Recipe, tmp_path: Path) -> None:
    transformer = recipe.model.model_copy(update={"architecture": "transformer"})
    other = changed(recipe.model_copy(update={"model": transformer}), weight_drop=0.1)
    with pytest.raises(ConfigError, match="weight_drop: a transformer has no recurrent weights"):
        train(other, tmp_path / "run")


@pytest.mark.gpu
@pytest.mark.parametrize("consistency", ["none", "r_drop", "simcut"])
@pytest.mark.filterwarnings("ignore:RNN module weights are not part of single contiguous chunk")
def test_every_technique_trains_on_a_gpu(consistency: str, recipe: Recipe, tmp_path: Path) -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device here")
    techniques = changed(
        recipe,
        consistency=consistency,
        scheduled_sampling=0.5,
        scheduled_sampling_temperature=1.0,
        weight_drop=0.2,
        precision="bfloat16",
        device="cuda",
    )
    assert train(techniques, tmp_path / "run").finished


@pytest.mark.skipif(torch.cuda.is_available(), reason="a CUDA device is available here")
def test_a_missing_gpu_is_said(recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"training\.device"):
        train(changed(recipe, device="cuda"), tmp_path / "run")
