"""Hypotheses that continue others."""

from __future__ import annotations

import torch
from torch import Tensor


def follow(x: Tensor, parents: Tensor) -> Tensor:
    """``x[i, parents[i, j]]`` at ``[i, j]`` of the result, in one gather of whole hypotheses.

    Args:
        x: ``[batch, beam, ...]``.
        parents: int64 ``[batch, new_beam]``.
    """
    batch, beam = x.shape[:2]
    # batch 3, beam 2: offsets [0, 2, 4]; parents [[1, 1], [0, 1], [0, 0]] -> flat rows [1, 1, 2, 3, 4, 4]
    offsets = torch.arange(0, batch * beam, beam, device=parents.device)
    flat = (offsets[:, None] + parents).flatten()
    return x.flatten(0, 1).index_select(0, flat).view(*parents.shape, *x.shape[2:])
