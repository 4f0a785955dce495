"""What is done about memory before anything is loaded, and once everything is."""

from __future__ import annotations

import ctypes
import gc

from service.mappings import release_code

MAX_ARENAS = 2
COLLECTION_THRESHOLDS = (20_000, 20, 20)
"""Of the collector's generations. By default it looks for garbage after every 700 new objects, of which a
request makes several times as many: that took a tenth of Python's time, and next to nothing was found."""
_M_ARENA_MAX = -8
"""The name of glibc's parameter; from its ``malloc.h``."""


def bound_arenas() -> None:
    """Have the C library keep at most ``MAX_ARENAS`` heaps; to be called before threads are started.

    It gives every thread a heap of its own, up to eight for each processor, and what one frees the others
    cannot use. The threads of a service load one after the other, and the holes that they left came to some
    40 MB.
    """
    set_parameter = getattr(ctypes.CDLL(None), "mallopt", None)  # of glibc; other C libraries have none
    if set_parameter is not None:
        set_parameter(_M_ARENA_MAX, MAX_ARENAS)


def settle() -> None:
    """Give back what loading needed, and leave what has been loaded out of garbage collection.

    Loading leaves holes that the C library keeps for later, some 60 MB, and code that is not needed again.
    And what has been loaded stays: if it were not set apart, each full collection would look through all of
    it, and every request would wait.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTION_THRESHOLDS)
    gc.enable()  # where the start went without: see ``service.__main__``
    release_code()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # likewise
    if trim is not None:
        trim(0)
