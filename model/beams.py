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
    flat = flat_places(parents, x.shape[1])
    return x.flatten(0, 1).index_select(0, flat).view(*parents.shape, *x.shape[2:])


def flat_places(parents: Tensor, beam: int) -> Tensor:
    """Where ``parents``, int64 ``[batch, new_beam]``, stand if rows of ``beam`` are put end to end; flat."""
    # batch 3, beam 2: offsets [0, 2, 4]; parents [[1, 1], [0, 1], [0, 0]] -> flat rows [1, 1, 2, 3, 4, 4]
    offsets = torch.arange(0, len(parents) * beam, beam, device=parents.device)
    return (offsets[:, None] + parents).flatten()
