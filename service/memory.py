"""What is done about memory once everything is loaded."""

from __future__ import annotations

import ctypes
import gc


def settle() -> None:
    """Give back what loading needed, and leave what has been loaded out of garbage collection.

    Loading leaves holes that the C library keeps for later: some 60 MB. And what has been loaded stays: if it
    were not set apart, each full collection would look through all of it, and every request would wait.
    """
    gc.collect()
    gc.freeze()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc; other C libraries have none
    if trim is not None:
        trim(0)
