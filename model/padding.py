"""Padding: rows of different lengths in one tensor, filled on the right."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def pad_and_concat(parts: Sequence[Tensor]) -> Tensor:
    """Join ``[batch_i, length_i, ...]`` tensors on axis 0, zeros (False) filling axis 1 to the longest."""
    longest = max(part.shape[1] for part in parts)
    rows = sum(part.shape[0] for part in parts)
    joined = parts[0].new_zeros(rows, longest, *parts[0].shape[2:])
    start = 0
    for part in parts:
        joined[start : start + part.shape[0], : part.shape[1]] = part
        start += part.shape[0]
    return joined


def pad_ids(sequences: Sequence[Sequence[int]], device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
    """Token ids and their mask, both ``[batch, longest]``; padding is id 0, mask False."""
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    mask = torch.arange(int(lengths.max())) < lengths[:, None]
    ids = torch.zeros(mask.shape, dtype=torch.int64)
    ids[mask] = torch.tensor([token for sequence in sequences for token in sequence], dtype=torch.int64)
    return ids.to(device), mask.to(device)
