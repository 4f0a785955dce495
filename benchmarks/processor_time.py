"""The processor time and the memory of another process, as Linux's ``/proc`` has them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from benchmarks.errors import BenchmarkError

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_RESIDENT = re.compile(r"^VmRSS:\s+(\d+) kB$", re.MULTILINE)


class ProcessorTime(NamedTuple):
    """Seconds that a process and its children have computed, system time included.

    Attributes:
        main_thread: of the process.
        other_threads: of the process, those that run.
        children: of all processes below it that run, with all their threads.
    """

    main_thread: float
    other_threads: float
    children: float

    @property
    def seconds(self) -> float:
        """All of it."""
        return sum(self)

    def since(self, before: ProcessorTime) -> ProcessorTime:
        """What has come on top of ``before``."""
        return ProcessorTime(*(now - then for now, then in zip(self, before, strict=True)))


def processor_time(pid: int) -> ProcessorTime:
    """What the process ``pid`` has used so far.

    Raises:
        BenchmarkError: there is no such process, or no ``/proc``.
    """
    main = _seconds(_PROC / f"{pid}/task/{pid}/stat")
    whole = _seconds(_PROC / f"{pid}/stat")
    below = [processor_time(child).seconds for child in children(pid)]
    return ProcessorTime(main, whole - main, sum(below))


def resident_mebibytes(pid: int) -> float:
    """The memory of the process and its children that is present; pages that they share count in each.

    Raises:
        BenchmarkError: there is no such process, or no ``/proc``.
    """
    found = _RESIDENT.search(_read(_PROC / f"{pid}/status"))
    own = int(found[1]) / 1024 if found else 0.0
    return own + sum(resident_mebibytes(child) for child in children(pid))


def children(pid: int) -> list[int]:
    """The processes that ``pid`` has started and that run."""
    tasks = (_PROC / f"{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in _read(task).split()]


@contextmanager
def on_processors(processors: Sequence[int] | None, *pids: int) -> Iterator[None]:
    """Has all threads of the processes ``pids`` run on these processors, and then where they ran before.

    Raises:
        BenchmarkError: there is no such processor, or it is not allowed.
    """
    threads = [int(task.name) for pid in pids for task in (_PROC / f"{pid}/task").iterdir()]
    before = {thread: os.sched_getaffinity(thread) for thread in threads}
    try:
        for thread in threads if processors else ():
            os.sched_setaffinity(thread, processors or ())
        yield
    except OSError as error:
        raise BenchmarkError(f"processors {processors}: {error.strerror}") from error
    finally:
        for thread, where in before.items():
            with suppress(OSError):  # it has ended
                os.sched_setaffinity(thread, where)


def _seconds(stat: Path) -> float:
    # The second field, a name in parentheses, may hold anything; utime and stime are the 14th and the 15th.
    fields = _read(stat).rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise BenchmarkError(f"{path}: cannot be read: {error.strerror}") from error
