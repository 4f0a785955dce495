"""From a folder to a translator."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from model.checkpoint.document import CheckpointConfig, read_config
from model.checkpoint.manifest import TOKENIZER_FILE, WEIGHTS_FILE, Manifest, read_manifest
from model.checkpoint.weights import restore_network
from model.config import DecodingOptions
from model.errors import CheckpointError, DirectionError
from model.network import AnyNetwork
from model.shortlist import unpack_ids
from model.tokenizer import Tokenizer


@dataclass(frozen=True)
class Checkpoint:
    """A loaded checkpoint; may be shared between threads, as nothing in it changes.

    Attributes:
        model: the network, in evaluation mode, without gradients; a ``Seq2Seq``.
        tokenizer: text to ids and back.
        config: the content of ``config.json``.
        digest: sha256 of the manifest; equal digests translate equally.
        directory: where it was loaded from.
    """

    model: AnyNetwork
    tokenizer: Tokenizer
    config: CheckpointConfig
    digest: str
    directory: Path

    @property
    def name(self) -> str:
        """What it calls itself."""
        return self.config.name

    @property
    def directions(self) -> tuple[tuple[str, str], ...]:
        """The (source, target) pairs it was trained for."""
        return self.config.directions

    @property
    def decoding(self) -> DecodingOptions:
        """How to decode where a caller asks for nothing else."""
        return self.config.decoding

    @property
    def shortlists(self) -> dict[int, tuple[int, ...]]:
        """The tokens that each target language uses, by its tag; a language may be missing."""
        size = self.tokenizer.vocabulary_size
        return {
            self.tokenizer.tag(language): unpack_ids(shortlist, size)
            for language, shortlist in self.config.shortlists.items()
        }

    def require_direction(self, source: str, target: str) -> None:
        """Do nothing if the checkpoint translates from ``source`` into ``target``.

        Raises:
            DirectionError: it does not; lists the directions it has.
        """
        if (source, target) not in self.directions:
            known = ", ".join(f"{one}→{other}" for one, other in self.directions)
            raise DirectionError(f"{self.name} does not translate {source}→{target}; it has {known}")


def load_checkpoint(
    directory: Path, *, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32
) -> Checkpoint:
    """Load and check the checkpoint in ``directory``.

    Args:
        directory: the folder that holds ``manifest.json``.
        device: where the weights shall be.
        dtype: what to compute in, whatever the weights are stored in.

    Raises:
        CheckpointError: anything in the folder is missing, damaged, inconsistent or made by a newer version;
            names the file and the reason.
    """
    manifest = read_manifest(directory)
    config = read_config(directory, manifest)
    tokenizer = read_tokenizer(directory, manifest)
    check_tokenizer(tokenizer, config, directory / TOKENIZER_FILE)
    content = manifest.read(directory, WEIGHTS_FILE)
    model = restore_network(content, config.model, directory / WEIGHTS_FILE)
    model = model.eval().requires_grad_(False).to(device=device, dtype=dtype)
    return Checkpoint(model, tokenizer, config, manifest.digest, directory)


def read_tokenizer(directory: Path, manifest: Manifest) -> Tokenizer:
    """The tokenizer of a checkpoint.

    Raises:
        CheckpointError: the file is missing, damaged, or not a tokenizer of this project.
    """
    content = manifest.read(directory, TOKENIZER_FILE)
    try:
        return Tokenizer(content)
    except CheckpointError as error:
        raise CheckpointError(f"{directory / TOKENIZER_FILE}: {error}") from error


def check_tokenizer(tokenizer: Tokenizer, config: CheckpointConfig, origin: Path) -> None:
    """Check that ``tokenizer`` is the one that ``config`` speaks of.

    Raises:
        CheckpointError: its vocabulary has another size, or a direction has no language tag in it.
    """
    if tokenizer.vocabulary_size != config.model.vocabulary_size:
        raise CheckpointError(
            f"{origin}: {tokenizer.vocabulary_size} pieces, "
            f"the configured vocabulary_size is {config.model.vocabulary_size}"
        )
    for source, target in config.directions:
        if target not in tokenizer.languages:
            raise CheckpointError(
                f"{origin}: no language tag for direction {source}→{target}; "
                f"it has tags for {', '.join(tokenizer.languages) or 'no language'}"
            )
