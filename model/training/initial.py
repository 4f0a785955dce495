"""Starting a run from a checkpoint's weights, for fine-tuning."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from model.checkpoint import Checkpoint, load_checkpoint
from model.config import ModelConfig
from model.errors import CheckpointError, ConfigError
from model.tokenizer import UNK, Tokenizer

_BY_TOKEN = ("embedding.weight", "output_bias")
"""The weights with a row for each token id."""


def initial_weights(
    directory: Path, config: ModelConfig, tokenizer: Tokenizer, *, transfer_vocabulary: bool = False
) -> tuple[dict[str, Tensor], str]:
    """The weights of the checkpoint in ``directory``, float32, and the checkpoint's digest.

    Args:
        directory: the checkpoint; its optimiser, directions and decoding defaults play no part.
        config: the network to be trained.
        tokenizer: the vocabulary of the prepared corpus.
        transfer_vocabulary: whether the checkpoint's vocabulary may be another; see ``_transferred``.

    Raises:
        ConfigError: the checkpoint cannot be loaded, or is of another vocabulary or another shape.
    """
    try:
        checkpoint = load_checkpoint(directory)
    except CheckpointError as error:
        raise ConfigError(f"training.initialize_from: {error}") from error
    if checkpoint.tokenizer.serialized != tokenizer.serialized and not transfer_vocabulary:
        raise ConfigError(
            f"training.initialize_from: {directory} has another vocabulary than the prepared corpus;"
            f" prepare that with --tokenizer {directory / 'tokenizer.model'}, or set"
            " training.transfer_vocabulary"
        )
    free = {"vocabulary_size"} if transfer_vocabulary else set[str]()
    theirs, ours = checkpoint.config.model.model_dump(), config.model_dump(exclude=free)
    if different := [
        f"{key} {theirs.get(key)!r}, not {ours[key]!r}" for key in ours if theirs.get(key) != ours[key]
    ]:
        raise ConfigError(f"training.initialize_from: {directory} has {'; '.join(different)}")
    return _transferred(checkpoint, tokenizer), checkpoint.digest


def _transferred(checkpoint: Checkpoint, tokenizer: Tokenizer) -> dict[str, Tensor]:
    """The weights of ``checkpoint`` with rows for the ids of ``tokenizer``.

    A piece that both have keeps its row (Zoph et al. 2016 did so for one language of the two). Departing
    from them, a new piece gets the mean of the rows of the pieces that spell it in the old vocabulary, not a
    random row. Nothing changes where the vocabularies are the same.
    """
    weights = checkpoint.model.state_dict()
    old, new = checkpoint.tokenizer, tokenizer
    if old.serialized == new.serialized:
        return weights
    known = {piece: i for i, piece in enumerate(old.pieces(range(old.vocabulary_size)))}
    spelt = [
        [known[piece]] if piece in known else old.encode(new.decode([i])) or [UNK]
        for i, piece in enumerate(new.pieces(range(new.vocabulary_size)))
    ]
    means = {
        name: torch.stack([weights[name][torch.tensor(ids)].mean(dim=0) for ids in spelt])
        for name in _BY_TOKEN
    }
    return {**weights, **means}
