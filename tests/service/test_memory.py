"""What is done about memory: in processes of their own where it cannot be undone."""

from __future__ import annotations

import gc
import platform
import subprocess
import sys

import pytest

from service.memory import COLLECTION_THRESHOLDS, MAX_ARENAS, settle

HEAPS = """
import ctypes, threading
from service.memory import bound_arenas

if {bounded}:
    bound_arenas()
gate = threading.Barrier(12)

def allocate():
    kept = [bytearray(3000) for _ in range(50)]
    gate.wait()
    return len(kept)

threads = [threading.Thread(target=allocate) for _ in range(12)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
library = ctypes.CDLL(None)
library.fdopen.restype = ctypes.c_void_p
library.fflush.argtypes = [ctypes.c_void_p]
library.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]
output = library.fdopen(1, b"w")
library.malloc_info(0, output)
library.fflush(output)
"""


def heaps(*, bounded: bool) -> int:
    """How many heaps twelve threads make that allocate at the same time, by glibc's own account."""
    done = subprocess.run(
        [sys.executable, "-c", HEAPS.format(bounded=bounded)], capture_output=True, text=True, check=True
    )
    return done.stdout.count("<heap nr=")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the heaps of threads are glibc's")
def test_threads_share_a_bounded_number_of_heaps() -> None:
    assert heaps(bounded=False) > MAX_ARENAS
    assert heaps(bounded=True) <= MAX_ARENAS


def test_settling_ends_a_start_without_the_collector() -> None:
    before = gc.get_threshold()
    gc.disable()
    try:
        settle()
        assert gc.isenabled()
        assert gc.get_threshold() == COLLECTION_THRESHOLDS
    finally:
        gc.set_threshold(*before)
        gc.enable()
        gc.unfreeze()


def test_a_start_imports_no_client_of_what_is_not_used() -> None:
    program = (
        "import sys, service.command; print({'redis', 'py3langid', 'torch._dynamo'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
