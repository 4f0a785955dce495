"""The compiled kernels: where they are, and the structures that they are called with.

The library has no link to Python or to PyTorch, only to the C++ runtime, and is called through ctypes, which
lets other threads run meanwhile. Every structure here mirrors one in ``native/*.hpp``, field by field.
"""

from __future__ import annotations

import ctypes
import enum
import functools
from collections.abc import Sequence
from ctypes import POINTER, Structure, c_double, c_float, c_int32, c_size_t, c_uint8, c_void_p
from pathlib import Path
from typing import Any, ClassVar

from torch import Tensor

from model.kernels import Functions, load_kernels

VERSION = 4
"""Of the structures and of the layout of packed weights; the library must have the same."""
MAX_LAYERS = 8
MAX_SEGMENTS = 3
_Fields = Sequence[tuple[str, Any]]


class Matrix(Structure):
    """A packed linear map; see ``packing.PackedLinear``."""

    _fields_: ClassVar[_Fields] = [
        ("packed", c_void_p),
        ("scale", c_void_p),
        ("bias", c_void_p),
        ("panels", c_int32),
        ("segments", c_int32),
        ("quads", c_int32 * MAX_SEGMENTS),
    ]


class Norm(Structure):
    """A layer norm."""

    _fields_: ClassVar[_Fields] = [("weight", c_void_p), ("bias", c_void_p)]


class EncoderLayer(Structure):
    """An encoder layer above the first."""

    _fields_: ClassVar[_Fields] = [("norm", Norm), ("input", Matrix), ("hidden", Matrix)]


class DecoderLayer(Structure):
    """A decoder layer above the first."""

    _fields_: ClassVar[_Fields] = [("norm", Norm), ("gates", Matrix)]


class Network(Structure):
    """A whole network."""

    _fields_: ClassVar[_Fields] = [
        ("embedding", c_int32),
        ("hidden", c_int32),
        ("vocabulary", c_int32),
        ("heads", c_int32),
        ("encoder_layers", c_int32),
        ("decoder_layers", c_int32),
        ("query_scale", c_float),
        ("source_table", c_void_p),
        ("target_table", c_void_p),
        ("forward_input", Matrix),
        ("forward", Matrix),
        ("backward_input", Matrix),
        ("backward", Matrix),
        ("encoder", EncoderLayer * MAX_LAYERS),
        ("memory_norm", Norm),
        ("keys", Matrix),
        ("values", Matrix),
        ("bridge", Matrix),
        ("first", Matrix),
        ("query", Matrix),
        ("decoder", DecoderLayer * MAX_LAYERS),
        ("readout_norm", Norm),
        ("readout", Matrix),
        ("softmax", Matrix),
    ]


class Columns(Structure):
    """Which columns of a softmax layer mean which tokens."""

    _fields_: ClassVar[_Fields] = [
        ("words", c_void_p),
        ("boundaries", c_void_p),
        ("tokens", c_void_p),
        ("count", c_int32),
        ("ending", c_int32),
        ("rest", c_int32),
    ]


class Shortlist(Structure):
    """The part of a softmax layer that a sentence uses."""

    _fields_: ClassVar[_Fields] = [("softmax", Matrix), ("columns", Columns)]


class EncodeTask(Structure):
    """What the encoder reads and writes."""

    _fields_: ClassVar[_Fields] = [
        ("rows", c_int32),
        ("lengths", POINTER(c_int32)),
        ("ids", POINTER(c_void_p)),
        ("memory", POINTER(c_void_p)),
        ("start", POINTER(c_void_p)),
        ("threads", c_int32),
    ]


class ScoreTask(Structure):
    """What a step with all log-probabilities reads and writes."""

    _fields_: ClassVar[_Fields] = [
        ("rows", c_int32),
        ("beam", c_int32),
        ("tokens", c_void_p),
        ("before", c_void_p),
        ("parents", c_void_p),
        ("old_beam", c_int32),
        ("after", c_void_p),
        ("lengths", POINTER(c_int32)),
        ("memory", POINTER(c_void_p)),
        ("shortlists", POINTER(c_void_p)),
        ("columns", Columns),
        ("attention", c_void_p),
        ("source", c_int32),
        ("log_probs", c_void_p),
    ]


class Terms(Structure):
    """What the translation of a sentence must hold."""

    _fields_: ClassVar[_Fields] = [
        ("count", c_int32),
        ("tokens", c_void_p),
        ("lengths", c_void_p),
        ("spans", c_void_p),
        ("watched", c_int32),
        ("distinct", c_void_p),
        ("boundaries", c_void_p),
    ]


class RowOptions(Structure):
    """How one sentence is searched."""

    _fields_: ClassVar[_Fields] = [
        *[(name, c_int32) for name in ("beam", "n_best", "min_length", "max_length", "room")],
        *[(name, c_int32) for name in ("early_stopping", "keeps_trail", "length", "layers", "hidden")],
        ("coverage_penalty", c_double),
        ("longest_norm", c_double),
        *[(name, c_void_p) for name in ("norms", "memory", "start", "shortlist", "terms")],
    ]


class FinishedHypothesis(Structure):
    """A finished hypothesis, without its tokens."""

    _fields_: ClassVar[_Fields] = [
        ("score", c_double),
        ("log_prob", c_float),
        ("length", c_int32),
        ("parent", c_int32),
    ]


class RunTask(Structure):
    """Rows that take steps together."""

    _fields_: ClassVar[_Fields] = [
        ("rows", c_int32),
        ("row", POINTER(c_void_p)),
        ("most", c_int32),
        ("threads", c_int32),
        ("columns", Columns),
        ("verdicts", POINTER(c_uint8)),
    ]


class Verdict(enum.IntEnum):
    """What became of a row by its last step."""

    GOES_ON = 0
    HAS_ENDED = 1
    IS_UNUSABLE = 2
    IS_FULL = 3


_FUNCTIONS: Functions = {
    "encode": (None, [POINTER(Network), POINTER(EncodeTask)]),
    "score": (None, [POINTER(Network), POINTER(ScoreTask)]),
    "run": (c_int32, [POINTER(Network), POINTER(RunTask)]),
    "row_bytes": (c_size_t, [POINTER(RowOptions)]),
    "row_make": (c_void_p, [POINTER(RowOptions), c_void_p]),
    "row_move": (c_void_p, [c_void_p, c_int32, c_void_p, c_void_p]),
    "row_steps": (c_int32, [c_void_p]),
    "row_result": (c_int32, [c_void_p, c_int32, POINTER(FinishedHypothesis)]),
    "row_read": (None, [c_void_p, c_int32, c_void_p, c_void_p, c_void_p]),
}


@functools.cache
def load_library() -> ctypes.CDLL:
    """The kernels, once loaded and found to fit.

    Raises:
        KernelError: they have not been compiled, or this processor cannot run them.
    """
    folder = Path(__file__).parent
    return load_kernels(folder, "dragoman", version=VERSION, needs="AVX-512 VNNI", functions=_FUNCTIONS)


def address(tensor: Tensor) -> int:
    """Where a contiguous CPU tensor begins; whoever passes it on keeps the tensor alive."""
    return tensor.data_ptr()
