"""From parsed arguments to values: the checkpoint, and how to decode."""

from __future__ import annotations

import argparse

import torch

from model.checkpoint import Checkpoint, load_checkpoint
from model.config import DecodingOptions, parse
from model.errors import ConfigError


def open_checkpoint(args: argparse.Namespace) -> Checkpoint:
    """Load the checkpoint that ``args`` name, on the machine they describe.

    Raises:
        ConfigError: there is no such device.
        CheckpointError: it must not be loaded.
        DirectionError: it does not have the direction asked for.
    """
    if args.threads:
        torch.set_num_threads(args.threads)
    checkpoint = load_checkpoint(
        args.checkpoint,
        device=_device(args.device),
        dtype=torch.bfloat16 if args.precision == "bfloat16" else torch.float32,
    )
    checkpoint.require_direction(args.source_lang, args.target_lang)
    return checkpoint


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
