"""From a network to a folder: all of it or nothing."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import torch
from pydantic import JsonValue
from torch import nn

from model.calibration import Calibration
from model.checkpoint.document import CheckpointConfig, read_config
from model.checkpoint.load import check_tokenizer
from model.checkpoint.manifest import (
    CARD_FILE,
    CONFIG_FILE,
    HASHED_FILES,
    MANIFEST_FILE,
    TOKENIZER_FILE,
    WEIGHTS_FILE,
    make_manifest,
    read_manifest,
)
from model.checkpoint.weights import pack_weights, restore_network
from model.config import DecodingOptions, ModelConfig, parse
from model.errors import CheckpointError, ConfigError
from model.pruning import prune
from model.shortlist import pack_ids
from model.tokenizer import Tokenizer

_OWN_FILES = {MANIFEST_FILE, CARD_FILE, *HASHED_FILES}


def save_checkpoint(  # noqa: PLR0913 - each argument is a part of the folder
    directory: Path,
    *,
    model: nn.Module,
    config: ModelConfig,
    tokenizer: Tokenizer,
    directions: Sequence[tuple[str, str]],
    name: str,
    decoding: DecodingOptions | None = None,
    training: Mapping[str, JsonValue] | None = None,
    dtype: torch.dtype = torch.bfloat16,
) -> None:
    """Write a checkpoint to ``directory``, replacing the one that is there.

    The folder appears whole or not at all: it is written beside its place under a hidden name, flushed to
    disk, and renamed. When it replaces a checkpoint there is an instant between two renames without either;
    the old one is deleted after it. A model card in the old folder is kept.

    Args:
        directory: the folder to make; its parent is made too.
        model: the network, of whatever dtype and on whatever device; it is not changed.
        config: its shape.
        tokenizer: the vocabulary it was trained with.
        directions: the (source, target) pairs it translates.
        name: up to 100 characters, without slashes and control characters.
        decoding: what callers get who ask for nothing else; default: the defaults of ``DecodingOptions``.
        training: a free summary, kept for people. It must not name paths of this machine.
        dtype: what the weights are stored in; bfloat16 halves the size for no measurable loss.

    Raises:
        ConfigError: the name, a direction or the summary cannot be used.
        CheckpointError: the parts do not fit together, a weight is not finite, or ``directory`` holds
            something else than a checkpoint, which is left alone.
        OSError: it cannot be written; nothing is left behind.
    """
    document = {
        "name": name,
        "model": config.model_dump(),
        "directions": list(directions),
        "decoding": (decoding or DecodingOptions()).model_dump(),
        "training": dict(training or {}),
    }
    described = parse(CheckpointConfig, document, str(directory / CONFIG_FILE))
    check_tokenizer(tokenizer, described, directory / TOKENIZER_FILE)
    check_replaceable(directory)
    contents = {
        CONFIG_FILE: described.to_bytes(),
        WEIGHTS_FILE: pack_weights(model.state_dict(), config, dtype, directory / WEIGHTS_FILE),
        TOKENIZER_FILE: tokenizer.serialized,
    }
    install(directory, contents)


def set_decoding_defaults(directory: Path, decoding: DecodingOptions) -> None:
    """Change how the checkpoint in ``directory`` decodes where a caller asks for nothing else.

    The network, the tokenizer and the model card stay as they are; the digest becomes another, as the
    checkpoint now translates differently. The folder is replaced whole, as ``save_checkpoint`` does.

    Raises:
        CheckpointError: it is damaged, in whatever file, or holds something that is not part of it.
        OSError: it cannot be written; nothing has changed.
    """
    _change_config(directory, decoding=decoding.model_dump())


def set_calibration(directory: Path, calibration: Calibration) -> None:
    """Change what the probabilities of the checkpoint in ``directory`` are taken to mean.

    Everything else is as in ``set_decoding_defaults``.

    Raises:
        CheckpointError: it is damaged, in whatever file, or holds something that is not part of it.
        OSError: it cannot be written; nothing has changed.
    """
    _change_config(directory, calibration=calibration.model_dump())


def set_shortlists(directory: Path, shortlists: Mapping[str, Collection[int]]) -> None:
    """Store which vocabulary entries each target language uses, in the checkpoint in ``directory``.

    Args:
        directory: the checkpoint; replaced as ``set_decoding_defaults`` does.
        shortlists: token ids by language; languages that are not named have none from now on.

    Raises:
        CheckpointError: it is damaged, or does not translate into one of the languages.
        OSError: it cannot be written; nothing has changed.
    """
    size = read_config(directory, read_manifest(directory)).model.vocabulary_size
    packed = {language: pack_ids(ids, size) for language, ids in shortlists.items()}
    _change_config(directory, shortlists=packed)


def save_pruned(source: Path, share: float, target: Path) -> None:
    """Write the checkpoint in ``source`` to ``target`` with ``share`` of its weights set to zero.

    What was measured on the old weights, the calibration, stays behind.

    Raises:
        ConfigError: ``share`` is not at least 0 and below 1.
        CheckpointError: ``source`` is damaged, or ``target`` holds something else than a checkpoint.
        OSError: it cannot be written; nothing is left behind.
    """
    manifest = read_manifest(source)
    config = read_config(source, manifest)
    content, origin = manifest.read(source, WEIGHTS_FILE), source / WEIGHTS_FILE
    weights = restore_network(content, config.model, origin).state_dict()
    dtype = next(iter(weights.values())).dtype
    document = config.model_dump() | {
        "calibration": None,
        "training": {**config.training, "pruned": share, "pruned_from": manifest.digest},
    }
    check_replaceable(target)
    contents = {
        CONFIG_FILE: parse(CheckpointConfig, document, str(target / CONFIG_FILE)).to_bytes(),
        WEIGHTS_FILE: pack_weights(prune(weights, share), config.model, dtype, origin),
        TOKENIZER_FILE: manifest.read(source, TOKENIZER_FILE),
    }
    install(target, contents)


def _change_config(directory: Path, **changes: object) -> None:
    manifest = read_manifest(directory)
    document = read_config(directory, manifest).model_dump() | changes
    try:
        config = parse(CheckpointConfig, document, str(directory / CONFIG_FILE))
    except ConfigError as error:
        raise CheckpointError(str(error)) from error
    contents = {name: manifest.read(directory, name) for name in HASHED_FILES}
    check_replaceable(directory)
    install(directory, contents | {CONFIG_FILE: config.to_bytes()})


def install(directory: Path, contents: Mapping[str, bytes]) -> None:
    """Put a folder of ``contents``, and their manifest, where ``directory`` is; keep the card that is there.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    staging = directory.with_name(f".{directory.name}.{secrets.token_hex(4)}.new")
    try:
        _write_folder(staging, {**contents, MANIFEST_FILE: make_manifest(contents)})
        _keep_card(directory, staging)
        _replace(directory, staging)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def check_replaceable(directory: Path) -> None:
    """Check that ``directory`` does not exist, or holds nothing but a checkpoint.

    Raises:
        CheckpointError: it holds something that ``save_checkpoint`` would destroy.
    """
    if not directory.exists():
        return
    if not directory.is_dir() or directory.is_symlink():
        raise CheckpointError(f"{directory}: exists and is not a folder")
    if foreign := sorted({entry.name for entry in directory.iterdir()} - _OWN_FILES):
        raise CheckpointError(
            f"{directory}: holds {foreign[0]!r}, which is not part of a checkpoint; choose another folder"
        )


def _write_folder(directory: Path, contents: Mapping[str, bytes]) -> None:
    directory.mkdir()
    for name, content in contents.items():
        with (directory / name).open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


def _keep_card(old: Path, new: Path) -> None:
    if (old / CARD_FILE).is_file():
        shutil.copyfile(old / CARD_FILE, new / CARD_FILE)


def _replace(directory: Path, staging: Path) -> None:
    """Put ``staging`` where ``directory`` is; a folder that is not empty cannot be renamed over."""
    retired = staging.with_suffix(".old")
    replaced = directory.exists()
    if replaced:
        directory.rename(retired)
    try:
        staging.rename(directory)
    except OSError:
        if replaced:
            retired.rename(directory)
        raise
    shutil.rmtree(retired, ignore_errors=True)
