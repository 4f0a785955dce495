"""The networks that are compared, and a training run of each from one recipe."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.errors import BenchmarkError
from benchmarks.record import Commit, read_commit
from benchmarks.summary import Spread
from model.checkpoint import Checkpoint, load_checkpoint, read_manifest
from model.checkpoint.document import read_config
from model.config import ModelShape, Recipe, parse
from model.training.loop import train
from model.training.reporting import METRICS_FILE
from model.training.state import STATE_FILE

_COMMIT_FILE = "commit.json"
_CHECKPOINT = "checkpoint"

_TRANSFORMER: dict[str, object] = {"architecture": "transformer", "feed_forward_size": 256}
VARIANTS: dict[str, dict[str, object]] = {
    "lstm-multi_head": {},
    "gru-multi_head": {"cell": "gru"},
    "rnn-multi_head": {"cell": "rnn"},
    "lstm-forward-multi_head": {"bidirectional": False},
    "lstm-scaled_dot": {"attention": "scaled_dot"},
    "lstm-general": {"attention": "general"},
    "lstm-dot": {"attention": "dot"},
    "lstm-additive": {"attention": "additive"},
    "lstm-none": {"attention": "none"},
    "transformer": _TRANSFORMER,
}
"""What each changes in the recipe's ``[model]`` table, which is the first of them."""


def _updates(training: Mapping[str, Any]) -> int:
    """How many updates the recipe of a run had, from what its checkpoint says."""
    recipe = training.get("recipe")
    return int(recipe["max_updates"]) if isinstance(recipe, dict) else 0


@dataclass(frozen=True)
class Variant:
    """One network to train.

    Attributes:
        name: of its folder, too.
        recipe: the common one with this network's shape.
        folder: of its run.
    """

    name: str
    recipe: Recipe
    folder: Path

    @classmethod
    def of(cls, name: str, base: Recipe, runs: Path) -> Variant:
        """The variant ``name`` of the recipe ``base``, to be trained in a folder of ``runs``.

        Raises:
            ConfigError: the recipe's network cannot be changed in this way.
        """
        changes = VARIANTS[name]
        shared = base.model.model_dump(exclude_unset=True)
        if changes.get("architecture") == "transformer":
            shared = {key: shared[key] for key in shared if key not in ("cell", "bidirectional", "attention")}
        elif "attention" in changes:
            shared.pop("attention_heads", None)
        shape = parse(ModelShape, shared | changes, name)
        return cls(name, base.model_copy(update={"model": shape}), runs / name)

    @property
    def finished(self) -> bool:
        """Whether it has been trained for as many updates as the recipe says."""
        folder = self.folder / _CHECKPOINT
        if not folder.is_dir():
            return False
        return (
            _updates(read_config(folder, read_manifest(folder)).training) >= self.recipe.training.max_updates
        )

    def train(self) -> None:
        """Train it, or go on where an earlier call was stopped.

        Raises:
            ModelError: it cannot be trained.
            KeyboardInterrupt: it was asked to stop; what is done so far is saved.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        commit = self.folder / _COMMIT_FILE
        if not commit.exists():
            commit.write_text(read_commit().model_dump_json() + "\n", encoding="utf-8")
        if not train(self.recipe, self.folder, resume=(self.folder / STATE_FILE).exists()).finished:
            raise KeyboardInterrupt

    def load(self) -> Checkpoint:
        """Its checkpoint.

        Raises:
            BenchmarkError: it was trained by another recipe.
            CheckpointError: there is none, or it is damaged.
        """
        checkpoint = load_checkpoint(self.folder / _CHECKPOINT)
        wanted = self.recipe.training.model_dump(mode="json", exclude={"initialize_from"})
        shape = self.recipe.model.with_vocabulary(checkpoint.tokenizer.vocabulary_size)
        if checkpoint.config.training.get("recipe") != wanted or checkpoint.config.model != shape:
            raise BenchmarkError(f"{self.folder}: trained by another recipe; name another folder with --runs")
        return checkpoint

    def commit(self) -> Commit:
        """The code that began its training."""
        return Commit.model_validate_json((self.folder / _COMMIT_FILE).read_text(encoding="utf-8"))

    def training_records(self) -> list[dict[str, Any]]:
        """What the trainer wrote, a record for every ``log_every_updates``."""
        lines = (self.folder / METRICS_FILE).read_text(encoding="utf-8").splitlines()
        return [record for line in lines if (record := json.loads(line))["kind"] == "train"]

    def training_speed(self) -> Spread:
        """Source and target tokens for each second of processor time, over the trainer's records."""
        return Spread.of([record["tokens_per_cpu_second"] for record in self.training_records()])
