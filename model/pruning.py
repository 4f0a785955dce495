"""Magnitude pruning: the weights that matter least become zero.

See, Luong & Manning 2016, *Compression of Neural Machine Translation Models via Pruning*: all weight
matrices together are ranked ("class-blind"), so a matrix of small weights loses more of them; the network is
then trained on with the zeros held (``training.keep_zeros``). Our departure: biases and normalisations, a
thousandth of the weights, are left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from model.errors import ConfigError


def prune(tensors: Mapping[str, Tensor], share: float) -> dict[str, Tensor]:
    """``tensors`` with ``share`` of the elements of all matrices set to zero: those of least magnitude.

    Equal magnitudes at the border all stay, so there may be fewer zeros than asked for. Elements that are
    zero already count.

    Args:
        tensors: by name; whatever has fewer than two dimensions is returned as it is.
        share: from 0 to below 1.

    Raises:
        ConfigError: ``share`` is something else.
    """
    if not 0 <= share < 1:
        raise ConfigError(f"the share of weights to prune must be at least 0 and below 1, not {share}")
    magnitudes = torch.cat([tensor.abs().float().flatten() for tensor in _matrices(tensors.values())])
    count = int(share * len(magnitudes))
    threshold = magnitudes.kthvalue(count + 1).values
    return {
        name: torch.where(tensor.abs().float() < threshold, torch.zeros_like(tensor), tensor)
        if tensor.dim() > 1
        else tensor
        for name, tensor in tensors.items()
    }


def zero_share(tensors: Iterable[Tensor]) -> float:
    """The share of zeros among the elements of the matrices of ``tensors``; 0 where there are none."""
    matrices = list(_matrices(tensors))
    elements = sum(tensor.numel() for tensor in matrices)
    return sum(int((tensor == 0).sum()) for tensor in matrices) / elements if elements else 0.0


def _matrices(tensors: Iterable[Tensor]) -> Iterable[Tensor]:
    return (tensor for tensor in tensors if tensor.dim() > 1)
