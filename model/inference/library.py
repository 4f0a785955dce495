"""The compiled kernels: where they are, and the structures that they are called with.

The library has no link to Python or to PyTorch, only to the C++ runtime, and is called through ctypes, which
lets other threads run meanwhile. Every structure here mirrors one in ``native/*.hpp``, field by field.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.machinery
import platform
from collections.abc import Sequence
from ctypes import POINTER, Structure, c_float, c_int32, c_void_p
from pathlib import Path
from typing import Any, ClassVar

from torch import Tensor

from model.errors import KernelError

VERSION = 2
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
    ]


class StepTask(Structure):
    """What a decoding step reads and writes."""

    _fields_: ClassVar[_Fields] = [
        ("rows", c_int32),
        ("beam", c_int32),
        ("tokens", c_void_p),
        ("open", c_void_p),
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
        ("k", c_int32),
        ("values", c_void_p),
        ("best", c_void_p),
        ("ending", c_void_p),
        ("log_probs", c_void_p),
    ]


class SearchTask(Structure):
    """What a step of the search reads and writes."""

    _fields_: ClassVar[_Fields] = [
        *[(name, c_int32) for name in ("rows", "beam", "k", "capacity", "source", "n_best")],
        ("options", c_void_p),
        ("option_columns", c_int32),
        ("longest_norm", c_void_p),
        ("norm_stride", c_int32),
        *[
            (name, c_void_p)
            for name in (
                "length",
                "log_probs",
                "values",
                "best",
                "ending",
                "tokens",
                "coverage",
                "attention",
                "finished",
                "scores",
                "candidate_values",
                "candidate_parents",
                "candidate_tokens",
                "next_log_probs",
                "next_parents",
                "next_last",
                "next_tokens",
                "next_coverage",
                "next_length",
                "verdicts",
            )
        ],
    ]


@functools.cache
def load_library() -> ctypes.CDLL:
    """The kernels, once loaded and found to fit.

    Raises:
        KernelError: they have not been compiled, or this processor cannot run them.
    """
    path = _find()
    try:
        library = ctypes.CDLL(str(path))
    except OSError as error:
        raise KernelError(f"{path.name} cannot be loaded: {error}") from error
    if library.dragoman_version() != VERSION:
        raise KernelError(f"{path} is of another version; install the package anew")
    if not library.dragoman_supported():
        raise KernelError(f"this processor ({platform.machine()}) has no AVX-512 VNNI instructions")
    library.dragoman_encode.argtypes = [POINTER(Network), POINTER(EncodeTask)]
    library.dragoman_encode.restype = None
    library.dragoman_step.argtypes = [POINTER(Network), POINTER(StepTask)]
    library.dragoman_step.restype = None
    library.dragoman_search.argtypes = [POINTER(SearchTask)]
    return library


def address(tensor: Tensor) -> int:
    """Where a contiguous CPU tensor begins; whoever passes it on keeps the tensor alive."""
    return tensor.data_ptr()


def _find() -> Path:
    folder = Path(__file__).parent
    for suffix in importlib.machinery.EXTENSION_SUFFIXES:
        if (path := folder / f"_native{suffix}").is_file():
            return path
    raise KernelError("the kernels were not compiled when the package was installed: no C++ compiler then")
