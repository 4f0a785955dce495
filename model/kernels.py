"""Compiled kernels: libraries beside the modules that call them, without a link to Python or PyTorch."""

from __future__ import annotations

import ctypes
import importlib.machinery
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from model.errors import KernelError

Functions = Mapping[str, tuple[Any, Sequence[Any]]]
"""Of each function, without the ``dragoman_`` before it: what it returns, and its arguments."""


def load_kernels(folder: Path, prefix: str, *, version: int, needs: str, functions: Functions) -> ctypes.CDLL:
    """The library in ``folder``, found to fit, its functions declared.

    Args:
        folder: where the package was installed to.
        prefix: of the two functions that tell its version and whether it runs here.
        version: of the structures that the caller knows.
        needs: the instructions without which a processor cannot run it, for people.
        functions: what the caller will call.

    Raises:
        KernelError: it has not been compiled, is of another version, or this processor cannot run it.
    """
    path = _find(folder)
    try:
        library = ctypes.CDLL(str(path))
    except OSError as error:
        raise KernelError(f"{path.name} cannot be loaded: {error}") from error
    if getattr(library, f"{prefix}_version")() != version:
        raise KernelError(f"{path} is of another version; install the package anew")
    if not getattr(library, f"{prefix}_supported")():
        raise KernelError(f"this processor ({platform.machine()}) has no {needs} instructions")
    for name, (result, arguments) in functions.items():
        function = getattr(library, f"dragoman_{name}")
        function.restype, function.argtypes = result, arguments
    return library


def _find(folder: Path) -> Path:
    for suffix in importlib.machinery.EXTENSION_SUFFIXES:
        if (path := folder / f"_native{suffix}").is_file():
            return path
    raise KernelError("the kernels were not compiled when the package was installed: no C++ compiler then")
