"""Training on a CPU: layers whose recurrence or softmax a compiled kernel computes in bfloat16.

Each has a plain counterpart in PyTorch that computes the same, and which takes its place where there is no
compiler, no AVX-512 BF16, or another precision.
"""

from model.fused.adamw import adamw_step, square_sum
from model.fused.choice import autocast_dtype, usable
from model.fused.consistency import two_readings_loss
from model.fused.lstm import fits, lstm
from model.fused.softmax import softmax_loss

__all__ = [
    "adamw_step",
    "autocast_dtype",
    "fits",
    "lstm",
    "softmax_loss",
    "square_sum",
    "two_readings_loss",
    "usable",
]
