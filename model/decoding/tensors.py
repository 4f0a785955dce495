"""Small tensor operations that the search repeats."""

from __future__ import annotations

import torch
from torch import Tensor


def resize(x: Tensor, dim: int, size: int, fill: float) -> Tensor:
    """``x`` with axis ``dim`` cut, or extended by ``fill``, to ``size``; ``x`` itself where it fits."""
    have = x.shape[dim]
    if have >= size:
        return x if have == size else x.narrow(dim, 0, size)
    shape = list(x.shape)
    shape[dim] = size - have
    return torch.cat([x, x.new_full(shape, fill)], dim)


def take_hypotheses(x: Tensor, parents: Tensor) -> Tensor:
    """``x[i, parents[i, j]]`` as ``[batch, new_beam, width]``; ``x`` is ``[batch, beam, width]``."""
    return x.gather(1, parents[:, :, None].expand(-1, -1, x.shape[2]))
