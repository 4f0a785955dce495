"""``weights.safetensors``: tensors to bytes and back, checked against the network they belong to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor
from torch.overrides import TorchFunctionMode

from model.build import build_model
from model.checkpoint.sparse import with_zeros, without_zeros
from model.config import ModelConfig
from model.errors import CheckpointError
from model.network import AnyNetwork

STORED_DTYPES = (torch.bfloat16, torch.float16, torch.float32)


def pack_weights(
    tensors: Mapping[str, Tensor], config: ModelConfig, dtype: torch.dtype, origin: Path
) -> bytes:
    """``tensors`` as the content of a safetensors file, converted to ``dtype``; many zeros take no room.

    Raises:
        CheckpointError: ``tensors`` are not those of ``config``'s network, or a weight is NaN or infinite,
            or becomes so in ``dtype``.
    """
    _check_shapes(tensors, _network_without_weights(config, origin), origin)
    stored = {name: tensor.detach().to("cpu", dtype).contiguous() for name, tensor in tensors.items()}
    _check_finite(stored, origin)
    return safetensors.torch.save(without_zeros(stored))


def restore_network(content: bytes, config: ModelConfig, origin: Path) -> AnyNetwork:
    """The network of ``config`` with the weights in ``content``, as they are stored, on the CPU.

    Raises:
        CheckpointError: it is not safetensors, a tensor is missing, unknown, of another shape, or not
            floating point, or a weight is NaN or infinite; names the tensor.
    """
    try:
        tensors = safetensors.torch.load(content)
    except (SafetensorError, KeyError) as error:  # KeyError: an element type that torch does not have
        guess = "; it looks like a pickle, which is never loaded" if _looks_pickled(content) else ""
        raise CheckpointError(f"{origin}: not a safetensors file: {error}{guess}") from error
    _check_layers(tensors, config, origin)
    model = _network_without_weights(config, origin)
    shapes = {name: tensor.shape for name, tensor in model.state_dict().items()}
    tensors = with_zeros(tensors, shapes, origin)
    _check_shapes(tensors, model, origin)
    _check_finite(tensors, origin)
    model.load_state_dict(tensors, assign=True)
    return model


class _NoInitialisation(TorchFunctionMode):
    """Leaves out random initialisation: on the meta device it does nothing but import torch's compiler."""

    def __torch_function__(
        self,
        func: Callable[..., object],
        types: Collection[type],
        args: tuple[object, ...] = (),
        kwargs: dict[str, object] | None = None,
    ) -> object:
        kwargs = kwargs or {}
        if func.__name__ in ("normal_", "uniform_"):
            return args[0] if args else kwargs["tensor"]
        return func(*args, **kwargs)


def _network_without_weights(config: ModelConfig, origin: Path) -> AnyNetwork:
    """Shapes alone, on the meta device: takes no memory and draws no random number."""
    try:
        with torch.device("meta"), _NoInitialisation():
            return build_model(config)
    except (RuntimeError, TypeError) as error:  # a size, or a product of sizes, over 64 bits
        raise CheckpointError(f"{origin}: the configured network is too large to exist") from error


def _looks_pickled(content: bytes) -> bool:
    return content.startswith((b"PK\x03\x04", b"\x80"))  # torch.save: a zip archive; a bare pickle


def _check_layers(tensors: Mapping[str, Tensor], config: ModelConfig, origin: Path) -> None:
    """Every layer has a tensor. Checked first: a billion layers take for ever to build, even without data."""
    layers = config.encoder_layers + config.decoder_layers
    if layers > len(tensors):
        raise CheckpointError(f"{origin}: {len(tensors)} tensors, too few for the {layers} layers configured")


def _check_shapes(tensors: Mapping[str, Tensor], model: AnyNetwork, origin: Path) -> None:
    expected = {name: tensor.shape for name, tensor in model.state_dict().items()}
    for name, shape in expected.items():
        if name not in tensors:
            raise CheckpointError(f"{origin}: tensor {name!r} is missing")
        if tensors[name].shape != shape:
            raise CheckpointError(
                f"{origin}: tensor {name!r} has shape {list(tensors[name].shape)}, "
                f"the configured network needs {list(shape)}"
            )
        if tensors[name].dtype not in STORED_DTYPES:
            raise CheckpointError(
                f"{origin}: tensor {name!r} is {tensors[name].dtype}, must be bfloat16, float16 or float32"
            )
    if unknown := sorted(set(tensors) - set(expected)):
        raise CheckpointError(f"{origin}: tensor {unknown[0]!r} is not part of the configured network")


def _check_finite(tensors: Mapping[str, Tensor], origin: Path) -> None:
    for name, tensor in tensors.items():
        if not bool(torch.isfinite(tensor).all()):
            raise CheckpointError(f"{origin}: tensor {name!r} holds NaN or infinite weights")
