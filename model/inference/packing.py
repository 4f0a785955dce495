"""Weights as the kernels want them: 8 bits, in panels of 64 columns, with a scale for each column.

A weight ``w`` of output ``n`` becomes ``round(w / scale[n])``, from -127 to 127: ``scale[n]`` is the largest
magnitude of that output's weights, by 127. Where the input is a concatenation, each part, a *segment*, has
scales of its own. Inputs are made int8 by the kernels, every row by its own largest magnitude, segment by
segment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor
from torch.nn import functional as F

from model.inference.library import MAX_SEGMENTS, Matrix, address

PANEL = 64
LANES = 16
LEVELS = 127


@dataclass(frozen=True)
class PackedLinear:
    """A linear map of int8 rows.

    Attributes:
        packed: panel, segment, four inputs, column, one of the four: ``weight + 128``, uint8, flat.
        scale: float32 ``[segments, columns]``.
        bias: float32 ``[columns]``, -inf in columns that pad the last panel; None for none.
        widths: inputs of each segment.
    """

    packed: Tensor
    scale: Tensor
    bias: Tensor | None
    widths: tuple[int, ...]

    @classmethod
    def of(cls, segments: Sequence[Tensor], bias: Tensor | None = None) -> Self:
        """Pack ``segments``, each ``[outputs, inputs]`` with inputs a multiple of 16.

        Raises:
            ValueError: too many segments, or a width that is no multiple of 16.
        """
        if len(segments) > MAX_SEGMENTS or any(weight.shape[1] % LANES for weight in segments):
            raise ValueError(f"at most {MAX_SEGMENTS} segments, each a multiple of {LANES} wide")
        quantised = [quantise(_padded(weight.float())) for weight in segments]
        panels = [_panels(levels) for levels, _ in quantised]
        return cls(
            packed=torch.cat([part.flatten(1) for part in panels], 1).flatten(),
            scale=torch.stack([scale for _, scale in quantised]).contiguous(),
            bias=None if bias is None else _padded_bias(bias.float()),
            widths=tuple(weight.shape[1] for weight in segments),
        )

    def matrix(self) -> Matrix:
        """The structure that points here; valid while this value lives."""
        return Matrix(
            packed=address(self.packed),
            scale=address(self.scale),
            bias=None if self.bias is None else address(self.bias),
            panels=self.scale.shape[1] // PANEL,
            segments=len(self.widths),
            quads=tuple(width // 4 for width in self.widths),
        )


def quantise(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Levels, int16 ``[outputs, inputs]`` from -127 to 127, and the scale of each output, float32."""
    scale = weight.abs().amax(1) / LEVELS
    levels = (weight / scale.clamp(min=torch.finfo(torch.float32).tiny)[:, None]).round()
    return levels.to(torch.int16), scale


def by_gate(rows: Tensor) -> Tensor:
    """Rows of an LSTM's weights, gate after gate, reordered so that a panel holds 16 units' four gates.

    Args:
        rows: ``[4 * units, ...]``.
    """
    grouped: Tensor = rows.unflatten(0, (4, -1, LANES))  # [gate, group, 16, ...]
    return grouped.transpose(0, 1).flatten(0, 2)


def _panels(levels: Tensor) -> Tensor:
    """``[columns, inputs] -> [panels, inputs / 4, 64, 4]``."""
    split: Tensor = (levels + 128).to(torch.uint8).unflatten(0, (-1, PANEL)).unflatten(2, (-1, 4))
    return split.transpose(1, 2).contiguous()


def _padded(weight: Tensor) -> Tensor:
    padded: Tensor = F.pad(weight, (0, 0, 0, -len(weight) % PANEL))
    return padded


def _padded_bias(bias: Tensor) -> Tensor:
    padded: Tensor = F.pad(bias, (0, -len(bias) % PANEL), value=-torch.inf).contiguous()
    return padded
