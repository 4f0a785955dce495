"""Random numbers that are a function of (seed, step, hypothesis) and of nothing else.

A counter-based generator: the finaliser of SplitMix64 (Steele, Lea & Flood 2014) applied to a counter.
There is no generator state, so a draw does not depend on what else is in the batch, when a row joined, or the
device.
"""

from __future__ import annotations

import torch
from torch import Tensor

_MASK = (1 << 64) - 1
_INCREMENT = 0x9E3779B97F4A7C15
_FIRST = 0xBF58476D1CE4E5B9
_SECOND = 0x94D049BB133111EB
_MAX_BEAM_BITS = 16


def mix_seed(seed: int) -> int:
    """Spread ``seed`` over 64 bits, as a signed integer; seeds that agree modulo 2**64 are the same."""
    z = (seed + _INCREMENT) & _MASK
    z = ((z ^ (z >> 30)) * _FIRST) & _MASK
    z = ((z ^ (z >> 27)) * _SECOND) & _MASK
    return _signed(z ^ (z >> 31))


def uniforms(seed: Tensor, step: Tensor, beam: int) -> Tensor:
    """Uniform draws from [0, 1), float64 ``[batch, beam]``, multiples of 2**-53.

    Args:
        seed: mixed seeds, int64 ``[batch]``.
        step: the row's own step, int64 ``[batch]``.
        beam: draws a row, one for each hypothesis.
    """
    counter = (step[:, None] << _MAX_BEAM_BITS) + torch.arange(1, beam + 1, device=step.device)
    z = seed[:, None] + counter * _signed(_INCREMENT)
    z = (z ^ _shift_right(z, 30)) * _signed(_FIRST)
    z = (z ^ _shift_right(z, 27)) * _signed(_SECOND)
    z = z ^ _shift_right(z, 31)
    return _shift_right(z, 11).double() * 2.0**-53


def _shift_right(z: Tensor, bits: int) -> Tensor:
    """Logical shift: torch's shifts in copies of the sign bit."""
    return (z >> bits) & ((1 << (64 - bits)) - 1)


def _signed(z: int) -> int:
    return z - (1 << 64) if z >> 63 else z
