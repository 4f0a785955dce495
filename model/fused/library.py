"""The compiled kernels of training: where they are, and the structures that they are called with.

As ``model.inference.library``: no link to Python or to PyTorch, called through ctypes; every structure here
mirrors one in ``native/*.hpp``, field by field.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Sequence
from ctypes import POINTER, Structure, c_double, c_float, c_int32, c_int64, c_void_p
from pathlib import Path
from typing import Any, ClassVar

from model.kernels import Functions, load_kernels

VERSION = 4
"""Of the structures and of the layout of packed weights; the library must have the same."""
_Fields = Sequence[tuple[str, Any]]


class LSTMForward(Structure):
    """What the forward pass of a layer reads and writes."""

    _fields_: ClassVar[_Fields] = [
        *[(name, c_int32) for name in ("batch", "time", "input", "hidden")],
        *[
            (name, c_void_p)
            for name in ("x", "input_weights", "hidden_weights", "bias", "outputs", "cells", "kept")
        ],
    ]


class LSTMBackward(Structure):
    """What the backward pass of a layer reads and writes."""

    _fields_: ClassVar[_Fields] = [
        *[(name, c_int32) for name in ("batch", "time", "hidden")],
        *[
            (name, c_void_p)
            for name in (
                "hidden_weights",
                "grad_outputs",
                "cells",
                "kept",
                "grad_gates",
                "grad_bias",
                "grad_start",
            )
        ],
    ]


class LSTMGradients(Structure):
    """What the products of the backward pass read and write."""

    _fields_: ClassVar[_Fields] = [
        *[(name, c_int32) for name in ("batch", "time", "input", "hidden")],
        *[
            (name, c_void_p)
            for name in (
                "x",
                "outputs",
                "grad_gates",
                "input_weights",
                "grad_x",
                "grad_input_weights",
                "grad_hidden_weights",
            )
        ],
    ]


class Softmax(Structure):
    """What the softmax reads and writes."""

    _fields_: ClassVar[_Fields] = [
        *[(name, c_int32) for name in ("positions", "width", "vocabulary")],
        ("smoothing", c_float),
        *[(name, c_void_p) for name in ("x", "columns", "rows", "embedding", "bias", "targets")],
        *[(name, c_void_p) for name in ("normaliser", "target_logits")],
        *[(name, c_void_p) for name in ("grad_x", "grad_embedding", "grad_bias")],
    ]


class Consistency(Structure):
    """What the loss of two readings reads and writes."""

    _fields_: ClassVar[_Fields] = [
        *[(name, c_int32) for name in ("positions", "width", "vocabulary")],
        ("smoothing", c_float),
        *[(name, c_float * 2) for name in ("cross_entropy", "divergence")],
        *[(name, c_void_p) for name in ("x", "columns", "rows", "bias", "targets")],
        *[(name, c_void_p) for name in ("smoothed", "nll")],
        *[(name, c_void_p) for name in ("grad_x", "grad_embedding", "grad_bias")],
    ]


class AdamW(Structure):
    """What a step of the optimiser reads and writes."""

    _fields_: ClassVar[_Fields] = [
        ("count", c_int64),
        *[(name, c_float) for name in ("scale", "beta1", "beta2", "epsilon")],
        *[(name, c_float) for name in ("rate", "shrink", "root", "moved")],
        *[(name, c_void_p) for name in ("gradient", "weights", "mean", "square", "average")],
    ]


_FUNCTIONS: Functions = {
    "pack_gates": (None, [c_void_p, c_int32, c_int32, c_void_p]),
    "pack_columns": (None, [c_void_p, c_int32, c_int32, c_void_p]),
    "pack_rows": (None, [c_void_p, c_int32, c_int32, c_int32, c_void_p]),
    "lstm_forward": (None, [POINTER(LSTMForward)]),
    "lstm_backward": (None, [POINTER(LSTMBackward)]),
    "lstm_gradients": (None, [POINTER(LSTMGradients)]),
    "softmax": (None, [POINTER(Softmax)]),
    "adamw": (None, [POINTER(AdamW)]),
    "square_sum": (c_double, [c_void_p, c_int64]),
    "consistency": (None, [POINTER(Consistency)]),
}


@functools.cache
def load_library() -> ctypes.CDLL:
    """The kernels, once loaded and found to fit.

    Raises:
        KernelError: they have not been compiled, or this processor cannot run them.
    """
    folder = Path(__file__).parent
    return load_kernels(folder, "dragoman_fused", version=VERSION, needs="AVX-512 BF16", functions=_FUNCTIONS)
