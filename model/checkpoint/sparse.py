"""Matrices with many zeros, stored without them.

A matrix ``m`` becomes two tensors: ``m.present``, a bit for each element in row-major order (uint8
``[ceil(elements / 8)]``, most significant bit first), and ``m.values``, the elements whose bit is set.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from model.errors import CheckpointError

LEAST_ZEROS = 0.07
"""Matrices with fewer are stored whole: a bit for each element is a sixteenth of what bfloat16 needs."""
PRESENT, VALUES = ".present", ".values"
"""What the names of the two end in."""


def without_zeros(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """``tensors`` as they are stored."""
    stored: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        present = tensor != 0
        if tensor.dim() < 2 or float(present.float().mean()) > 1 - LEAST_ZEROS:
            stored[name] = tensor
        else:
            stored[name + PRESENT] = torch.from_numpy(np.packbits(present.numpy()))
            stored[name + VALUES] = tensor[present]
    return stored


def with_zeros(
    stored: Mapping[str, Tensor], shapes: Mapping[str, torch.Size], origin: Path
) -> dict[str, Tensor]:
    """What ``without_zeros`` was given, with ``shapes`` of the tensors by name.

    Names that ``shapes`` does not have are passed on: whoever knows the network judges them.

    Raises:
        CheckpointError: the parts of a tensor do not fit together or its shape; names it and ``origin``.
    """
    tensors = dict(stored)
    for name in [key.removesuffix(PRESENT) for key in stored if key.endswith(PRESENT)]:
        if name in shapes and name + VALUES in tensors:
            if name in tensors:
                raise CheckpointError(f"{origin}: tensor {name!r} is stored twice")
            parts = tensors.pop(name + PRESENT), tensors.pop(name + VALUES)
            tensors[name] = _matrix(*parts, shapes[name], f"{origin}: tensor {name!r}")
    return tensors


def _matrix(present: Tensor, values: Tensor, shape: torch.Size, what: str) -> Tensor:
    elements = shape.numel()
    if present.dtype != torch.uint8 or present.shape != (-(-elements // 8),) or values.dim() != 1:
        raise CheckpointError(f"{what} is stored without zeros, but not for its shape {list(shape)}")
    bits = np.unpackbits(present.numpy())
    if bits[elements:].any() or int(bits.sum()) != len(values):
        raise CheckpointError(
            f"{what} is stored without zeros, with {len(values)} values for {bits.sum()} places"
        )
    matrix = torch.zeros(elements, dtype=values.dtype)
    matrix[torch.from_numpy(bits[:elements].astype(np.bool_))] = values
    return matrix.view(shape)
