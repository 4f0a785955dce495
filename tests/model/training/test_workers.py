"""Several workers make the updates of one, and a stopped run of theirs goes on as if it had not been."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from model.build import build_model
from model.config import Recipe
from model.network import AnyNetwork
from model.training.batching import plan_epoch
from model.training.objective import batch_loss
from model.training.optimizer import build_optimizer
from model.training.prepared import PreparedCorpus
from model.training.reporting import METRICS_FILE
from model.training.schedule import learning_rate
from model.training.state import STATE_FILE
from tests.model.training.recipes import changed, write_toml

START_SECONDS = 120
"""Two processes that import PyTorch on a busy machine."""


def start(recipe: Path, run: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "model", "train", str(recipe), "--output", str(run), "--workers", "2"]
    return subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=START_SECONDS)
    assert process.returncode == 0, err
    return out


def trained_alone(recipe: Recipe) -> AnyNetwork:
    """What one process makes of the recipe when each update takes two batches: the slow, plain way."""
    config = recipe.training
    corpus = PreparedCorpus.load(recipe.data.directory)
    torch.manual_seed(config.seed)
    model = build_model(recipe.model.with_vocabulary(corpus.tokenizer.vocabulary_size)).train()
    optimizer = build_optimizer(model, config)
    update = 0
    for number in range(100):
        batches = list(plan_epoch(corpus.dataset, config, number).iterate(0))
        for pair in zip(batches[::2], batches[1::2], strict=False):
            if update == config.max_updates:
                return model
            optimizer.param_groups[0]["lr"] = optimizer.param_groups[1]["lr"] = learning_rate(update, config)
            optimizer.zero_grad()
            losses = [batch_loss(model, batch, config, update).smoothed for batch in pair]
            tokens = sum(int(batch.target_mask.sum()) for batch in pair)
            torch.stack(losses).sum().div(tokens).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), config.gradient_clip_norm)
            optimizer.step()
            update += 1
    raise AssertionError("the text is too small for the updates")


def test_two_workers_make_the_updates_of_one_with_both_batches(recipe: Recipe, tmp_path: Path) -> None:
    recipe = changed(recipe, dropout=0.0, word_dropout=0.0, ema_decay=0.0, save_every_updates=24)
    out = finish(start(write_toml(recipe, tmp_path / "recipe.toml"), tmp_path / "run"))
    assert out.split() == [str(tmp_path / "run" / "checkpoint")]
    together = load_file(tmp_path / "run" / STATE_FILE)
    for name, alone in trained_alone(recipe).state_dict().items():
        torch.testing.assert_close(together[f"model.{name}"], alone, atol=2e-4, rtol=1e-3)


def test_a_stopped_run_of_two_goes_on_to_the_same_end(recipe: Recipe, tmp_path: Path) -> None:
    toml = write_toml(changed(recipe, max_updates=80, save_every_updates=1000), tmp_path / "recipe.toml")
    finish(start(toml, tmp_path / "unbroken"))
    process = start(toml, tmp_path / "broken")
    deadline = time.monotonic() + START_SECONDS
    records = tmp_path / "broken" / METRICS_FILE
    while not (records.exists() and records.stat().st_size):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=START_SECONDS)
    assert process.returncode != 0
    stopped = load_file(tmp_path / "broken" / STATE_FILE)
    finish(start(toml, tmp_path / "broken", "--resume"))
    one, other = (load_file(tmp_path / run / STATE_FILE) for run in ("unbroken", "broken"))
    assert one.keys() == other.keys()
    assert {"random.cpu", "random.cpu.1"} <= one.keys()
    assert not torch.equal(one["random.cpu"], one["random.cpu.1"])
    for name, tensor in one.items():
        assert torch.equal(tensor, other[name]), name
    assert any(not torch.equal(tensor, stopped[name]) for name, tensor in one.items())


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("start_at", [0, 1, 5])
def test_workers_share_out_an_epoch(workers: int, start_at: int, recipe: Recipe) -> None:
    corpus = PreparedCorpus.load(recipe.data.directory)
    epoch = plan_epoch(corpus.dataset, recipe.training, 0)
    whole = [batch.source for batch in epoch.iterate(start_at)]
    shares = [[batch.source for batch in epoch.iterate(start_at, w, workers)] for w in range(workers)]
    assert len({len(share) for share in shares}) == 1
    together = [source for round_ in zip(*shares, strict=True) for source in round_]
    assert len(whole) - len(together) < workers
    for source, expected in zip(together, whole, strict=False):
        assert np.array_equal(source, expected)
