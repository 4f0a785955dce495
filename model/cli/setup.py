"""From parsed arguments to values: the checkpoint, and how to decode."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from model.checkpoint import Checkpoint, load_checkpoint
from model.config import DecodingOptions, parse
from model.ensemble import ensemble
from model.errors import ConfigError
from model.inference import decoding_network, trained_dtype
from model.interface import Seq2Seq


@dataclass(frozen=True)
class Opened:
    """What translates.

    Attributes:
        checkpoint: the first one named; its tokenizer is that of all.
        others: the rest of the ensemble, if there is one.
        network: of all of them together.
    """

    checkpoint: Checkpoint
    others: tuple[Checkpoint, ...]
    network: Seq2Seq[Any, Any]

    @property
    def name(self) -> str:
        """Every checkpoint's name."""
        return " + ".join(checkpoint.name for checkpoint in (self.checkpoint, *self.others))


def open_checkpoint(args: argparse.Namespace) -> Checkpoint:
    """Load the checkpoint that ``args`` name, on the machine they describe.

    Raises:
        ConfigError: there is no such device.
        CheckpointError: it must not be loaded.
        DirectionError: it does not have the direction asked for.
    """
    [checkpoint] = open_checkpoints(args, [args.checkpoint])
    checkpoint.require_direction(args.source_lang, args.target_lang)
    return checkpoint


def open_translator(args: argparse.Namespace) -> Opened:
    """Load the checkpoint that ``args`` name and its ensemble, on the machine they describe.

    Raises:
        ConfigError: there is no such device.
        CheckpointError: one must not be loaded, or their vocabularies differ.
        DirectionError: one does not have the direction asked for.
        KernelError: int8 is asked for and cannot be had.
    """
    checkpoint, *others = open_checkpoints(args, [args.checkpoint, *args.ensemble])
    for each in (checkpoint, *others):
        each.require_direction(args.source_lang, args.target_lang)
    checkpoints = [checkpoint, *others]
    networks = [decoding_network(each.model, args.precision, each.shortlists) for each in checkpoints]
    return Opened(checkpoint, tuple(others), ensemble(checkpoints, networks))


def open_checkpoints(args: argparse.Namespace, directories: Sequence[Path]) -> list[Checkpoint]:
    """Load ``directories`` on the machine that ``args`` describe.

    Raises:
        ConfigError: there is no such device.
        CheckpointError: one must not be loaded.
    """
    if args.threads:
        torch.set_num_threads(args.threads)
    device = _device(args.device)
    dtype = trained_dtype(args.precision, device)
    return [load_checkpoint(directory, device=device, dtype=dtype) for directory in directories]


def decoding_options(args: argparse.Namespace, defaults: DecodingOptions) -> DecodingOptions:
    """``defaults``, changed where ``args`` say something else.

    Raises:
        ConfigError: a value is not accepted; names it and says what is.
    """
    given = {
        name: value
        for name in DecodingOptions.model_fields
        if (value := getattr(args, name, None)) is not None
    }
    return parse(DecodingOptions, defaults.model_dump() | given, "decoding options")


def _device(name: str) -> str:
    if name == "cuda" and not torch.cuda.is_available():
        raise ConfigError("--device cuda: no CUDA device is available here; use cpu or auto")
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return name
