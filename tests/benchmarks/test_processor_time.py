"""The processor time and the memory of a process, held to what it says of itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.processor_time import children, on_processors, processor_time, resident_mebibytes

WORK = """
import subprocess, sys, threading, time

def compute(seconds):
    begin = time.thread_time()
    while time.thread_time() - begin < seconds:
        pass

kept = bytearray(64 << 20)
program = "import time\\nwhile time.process_time() < 0.5: pass\\ninput()"
child = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE)
done = threading.Event()
thread = threading.Thread(target=lambda: (compute(0.3), done.wait()))
thread.start()
compute(0.2)
time.sleep(1.5)
print("ready", flush=True)
input()
done.set()
thread.join()
child.communicate(b"\\n")
"""


@contextmanager
def worker() -> Iterator[int]:
    """A process that has computed for 0.2 s, and 0.3 s in a thread, and holds 64 MiB; its child for 0.5 s."""
    process = subprocess.Popen(
        [sys.executable, "-c", WORK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process.pid
    finally:
        process.communicate("\n")


def test_threads_and_children_are_told_apart() -> None:
    with worker() as pid:
        assert len(children(pid)) == 1
        spent = processor_time(pid)
        assert spent.main_thread == pytest.approx(0.2, abs=0.1)
        assert spent.other_threads == pytest.approx(0.3, abs=0.05)
        assert 0.1 < spent.children < 0.7  # on a busy machine it may not be done
        assert 64 < resident_mebibytes(pid) < 128
        assert sum(processor_time(pid).since(spent)) < 0.5


def test_a_process_that_is_not_there_is_an_error() -> None:
    with pytest.raises(BenchmarkError, match="cannot be read"):
        processor_time(2**22 + 1)


def test_processors_are_set_for_a_while() -> None:
    before = os.sched_getaffinity(0)
    with on_processors([min(before)], os.getpid()):
        assert os.sched_getaffinity(0) == {min(before)}
    assert os.sched_getaffinity(0) == before
    with pytest.raises(BenchmarkError, match="processors"), on_processors([4000], os.getpid()):
        pytest.fail("there is no such processor")
