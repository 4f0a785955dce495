"""Which network decodes."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import Any, Literal, TypeAlias

import torch

from model.errors import KernelError
from model.inference.network import PackedSeq2Seq
from model.interface import Seq2Seq
from model.network import AnyNetwork, Network
from model.recurrent import RecurrentSeq2Seq

DecodingPrecision: TypeAlias = Literal["auto", "int8", "float32", "bfloat16", "float16"]
"""What to compute in; ``auto``: on a CPU int8 where it can be had, on a GPU bfloat16; else float32."""

logger = logging.getLogger(__name__)


def trained_dtype(precision: DecodingPrecision, device: torch.device | str = "cpu") -> torch.dtype:
    """What to load a trained network in, to decode in ``precision`` on ``device``."""
    if precision == "auto" and torch.device(device).type == "cuda":
        # Older GPUs emulate it, more slowly than they compute in float32.
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    dtype: torch.dtype = getattr(torch, "float32" if precision in ("auto", "int8") else precision)
    return dtype


def decoding_network(
    network: AnyNetwork,
    precision: DecodingPrecision,
    shortlists: Mapping[int, Collection[int]] | None = None,
) -> Seq2Seq[Any, Any]:
    """``network`` packed for decoding, or as it is.

    Args:
        network: trained, loaded in ``trained_dtype(precision, device)``, in evaluation mode.
        precision: what to decode in.
        shortlists: see ``PackedSeq2Seq``; the trained network does without them.

    Raises:
        KernelError: ``precision`` is int8 and that cannot be had; says why.
    """
    if precision not in ("auto", "int8") or (precision == "auto" and network.device.type != "cpu"):
        return network
    try:
        return _packed(network, shortlists)
    except KernelError as error:
        if precision == "int8":
            raise KernelError(f"precision int8: {error}") from error
        logger.info("decoding in float32, not int8: %s", error)
        return network


def precision_of(network: Seq2Seq[Any, Any]) -> str:
    """What ``network`` computes in, such as int8; networks that differ in it may translate differently."""
    if isinstance(network, PackedSeq2Seq):
        return "int8"
    if isinstance(network, Network):
        return str(network.output_bias.dtype).removeprefix("torch.")
    raise TypeError(f"{type(network).__name__} does not say what it computes in")


def _packed(network: AnyNetwork, shortlists: Mapping[int, Collection[int]] | None) -> PackedSeq2Seq:
    if network.device.type != "cpu":
        raise KernelError(f"the kernels compute on a CPU, and the network is on {network.device.type}")
    if not isinstance(network, RecurrentSeq2Seq):
        raise KernelError(f"the kernels know recurrent networks, not a {network.config.architecture}")
    return PackedSeq2Seq(network, shortlists)
