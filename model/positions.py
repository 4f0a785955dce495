"""Where a token stands, as a vector."""

from __future__ import annotations

import math

import torch
from torch import Tensor

LONGEST_PERIOD = 10_000


def sinusoids(positions: Tensor, width: int) -> Tensor:
    """Sines and cosines of geometrically falling frequencies (Vaswani et al. 2017, section 3.5).

    Departure from the paper: all sines come first, then all cosines. Nothing is tabulated, so there is no
    longest position.

    Args:
        positions: counted from 0, of any shape.
        width: even.

    Returns:
        float32 ``[*positions.shape, width]``.
    """
    exponents = torch.arange(width // 2, device=positions.device, dtype=torch.float32) / (width // 2)
    angles = positions[..., None] * torch.exp(exponents * -math.log(LONGEST_PERIOD))
    return torch.cat([angles.sin(), angles.cos()], -1)
