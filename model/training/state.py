"""The state of a training run in one file, so that a killed run continues as if it had not been.

Safetensors only: tensors as tensors, counters as JSON in the header. The file is replaced atomically; a crash
while saving leaves the previous one.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from model.config import Frozen, Recipe
from model.errors import TrainingError
from model.training.noise import noise
from model.training.workers import Workers

STATE_FILE = "state.safetensors"
CHANGEABLE = {
    "calm_after_updates",
    "calm_noise_fraction",
    "device",
    "directory",
    "initialize_from",
    "log_every_updates",
    "max_updates",
    "patience",
    "save_every_updates",
    "threads",
    "validate_every_updates",
    "validation_beam_size",
    "validation_sentences",
}
"""Keys that may differ when a run is resumed; any other would make it a different run."""


class Progress(Frozen):
    """Where a run stands.

    Attributes:
        update: updates made.
        epoch: the current pass over the data.
        batch: batches of this epoch already used.
        best_bleu: the best mean dev BLEU so far, or -1.
        stale: validations since then.
        snapshots: updates whose weights are kept for averaging, oldest first.
        seconds: time spent training, over all resumed runs.
        initialized_from: the digest of the checkpoint that the run started from, if it did.
    """

    update: int = 0
    epoch: int = 0
    batch: int = 0
    best_bleu: float = -1.0
    stale: int = 0
    snapshots: tuple[int, ...] = ()
    seconds: float = 0.0
    initialized_from: str = ""


def save_state(
    directory: Path,
    progress: Progress,
    recipe: Recipe,
    models: dict[str, nn.Module],
    optimizer: torch.optim.Optimizer,
    generators: dict[str, Tensor],
) -> None:
    """Write everything that determines the rest of the run; ``generators``: from ``random_states``."""
    tensors = {
        f"{name}.{key}": tensor
        for name, model in models.items()
        for key, tensor in model.state_dict().items()
    }
    for index, values in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{key}": tensor for key, tensor in values.items()}
    tensors |= {f"random.{name}": state for name, state in generators.items()}
    header = {"progress": progress.model_dump_json(), "recipe": recipe.model_dump_json()}
    temporary = directory / (STATE_FILE + ".tmp")
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, temporary, metadata=header)
    temporary.replace(directory / STATE_FILE)


def random_states(workers: Workers) -> dict[str, Tensor]:
    """All workers' random generators: ``cpu``, ``cuda``, and those of the second ``cpu.1``, ``cuda.1``."""
    own = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        own["cuda"] = torch.cuda.get_rng_state()
    return {
        _generator_name(name, rank): state
        for name, mine in own.items()
        for rank, state in enumerate(workers.gather(mine))
    }


def load_state(
    directory: Path,
    recipe: Recipe,
    models: dict[str, nn.Module],
    optimizer: torch.optim.Optimizer,
    workers: Workers,
) -> Progress:
    """Restore what ``save_state`` wrote: ``models``, ``optimizer`` and this worker's random generators.

    A worker that the run did not have before keeps the generators that it has.

    Raises:
        TrainingError: the file is damaged, or belongs to a different recipe (the message names the keys).
    """
    path = directory / STATE_FILE
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
        progress = Progress.model_validate_json(header["progress"])
        previous = Recipe.model_validate_json(header["recipe"])
    except (OSError, SafetensorError, KeyError, ValidationError) as error:
        raise TrainingError(f"{path}: not a training state of this version: {error}") from error
    if changed := _changed_keys(previous, recipe):
        raise TrainingError(
            f"{path}: the recipe has changed since ({', '.join(changed)}); start a new run in another folder"
        )
    if _noise_differs(previous, recipe, progress.update):
        raise TrainingError(
            f"{path}: training.calm_after_updates can only be moved among the updates still to come, "
            f"after {progress.update}"
        )
    for name, model in models.items():
        model.load_state_dict(_with_prefix(tensors, f"{name}."))
    _load_optimizer(optimizer, _with_prefix(tensors, "optimizer."))
    _restore_generators(_with_prefix(tensors, "random."), workers)
    return progress


def _generator_name(kind: str, rank: int) -> str:
    return f"{kind}.{rank}" if rank else kind


def _restore_generators(states: dict[str, Tensor], workers: Workers) -> None:
    if (state := states.get(_generator_name("cpu", workers.rank))) is not None:
        torch.set_rng_state(state)
    if torch.cuda.is_available() and (state := states.get(_generator_name("cuda", workers.rank))) is not None:
        torch.cuda.set_rng_state(state)


def _load_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    values: dict[int, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        index, name = key.split(".")
        values.setdefault(int(index), {})[name] = tensor
    optimizer.load_state_dict({"state": values, "param_groups": optimizer.state_dict()["param_groups"]})


def _with_prefix(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): tensor for key, tensor in tensors.items() if key.startswith(prefix)}


def _changed_keys(before: Recipe, after: Recipe) -> list[str]:
    old, new = json.loads(before.model_dump_json()), json.loads(after.model_dump_json())
    return [
        f"{section}.{key}"
        for section in ("data", "model", "training")
        for key in old[section]
        if key not in CHANGEABLE and old[section][key] != new[section][key]
    ]


def _noise_differs(before: Recipe, after: Recipe, updates: int) -> bool:
    """Whether any of the ``updates`` already made would have had other noise."""
    return any(noise(i, before.training) != noise(i, after.training) for i in range(updates))
