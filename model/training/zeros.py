"""Weights that stay zero: how a pruned network is trained on."""

from __future__ import annotations

import torch
from torch import nn


class Zeros:
    """Where a network's matrices are zero now; without a network, nowhere.

    An average of such networks' weights is zero there too.
    """

    def __init__(self, network: nn.Module | None = None) -> None:
        matrices = [p for p in network.parameters() if p.dim() > 1] if network else []
        self._places = [(matrix, matrix.detach() == 0) for matrix in matrices]

    def __bool__(self) -> bool:
        return bool(self._places)

    @torch.no_grad()
    def restore(self) -> None:
        """Set these weights to zero again: a step of the optimiser has moved them."""
        for matrix, places in self._places:
            matrix.masked_fill_(places, 0.0)
