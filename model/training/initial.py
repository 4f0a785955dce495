"""Starting a run from a checkpoint's weights, for fine-tuning."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from model.checkpoint import load_checkpoint
from model.config import ModelConfig
from model.errors import CheckpointError, ConfigError
from model.tokenizer import Tokenizer


def initial_weights(
    directory: Path, config: ModelConfig, tokenizer: Tokenizer
) -> tuple[dict[str, Tensor], str]:
    """The weights of the checkpoint in ``directory``, float32, and the checkpoint's digest.

    Args:
        directory: the checkpoint; its optimiser, directions and decoding defaults play no part.
        config: the network to be trained.
        tokenizer: the vocabulary of the prepared corpus.

    Raises:
        ConfigError: the checkpoint cannot be loaded, or is of another vocabulary or another shape.
    """
    try:
        checkpoint = load_checkpoint(directory)
    except CheckpointError as error:
        raise ConfigError(f"training.initialize_from: {error}") from error
    if checkpoint.tokenizer.serialized != tokenizer.serialized:
        raise ConfigError(
            f"training.initialize_from: {directory} has another vocabulary than the prepared corpus;"
            f" prepare that with --tokenizer {directory / 'tokenizer.model'}"
        )
    theirs, ours = checkpoint.config.model.model_dump(), config.model_dump()
    if different := [
        f"{key} {theirs.get(key)!r}, not {ours[key]!r}" for key in ours if theirs.get(key) != ours[key]
    ]:
        raise ConfigError(f"training.initialize_from: {directory} has {'; '.join(different)}")
    return checkpoint.model.state_dict(), checkpoint.digest
