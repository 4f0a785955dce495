"""Padding: rows of different lengths in one tensor, filled up with zeros."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def pad_and_concat(parts: Sequence[Tensor], *, dim: int = 1, left: bool = False) -> Tensor:
    """Join tensors on axis 0, zeros (False) filling axis ``dim`` to the longest.

    Args:
        parts: tensors whose other axes agree.
        dim: the axis to fill, not 0.
        left: fill before what is there instead of after it.
    """
    shape = list(parts[0].shape)
    shape[0] = sum(part.shape[0] for part in parts)
    shape[dim] = max(part.shape[dim] for part in parts)
    joined = parts[0].new_zeros(shape)
    start = 0
    for part in parts:
        rows, length = part.shape[0], part.shape[dim]
        offset = shape[dim] - length if left else 0
        joined.narrow(0, start, rows).narrow(dim, offset, length).copy_(part)
        start += rows
    return joined


def pad_ids(sequences: Sequence[Sequence[int]], device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
    """Token ids and their mask, both ``[batch, longest]``; padding is id 0, mask False."""
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    mask = torch.arange(int(lengths.max())) < lengths[:, None]
    ids = torch.zeros(mask.shape, dtype=torch.int64)
    ids[mask] = torch.tensor([token for sequence in sequences for token in sequence], dtype=torch.int64)
    return ids.to(device), mask.to(device)
