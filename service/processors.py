"""How many processors this process may use, and how many of them should compute."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

CONTROL_GROUPS = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")
MAX_DEFAULT_THREADS = 4
"""One event loop prepares and finishes the sentences of about so many threads that decode (decision 34)."""


def available_processors(control_groups: Path = CONTROL_GROUPS, membership: Path = MEMBERSHIP) -> float:
    """Processors that the scheduler lets this process run on, cut to its container's CPU quota.

    A quota may be that of the process's own control group or of any group around it. Both versions of control
    groups are read; what cannot be read is no quota.

    Args:
        control_groups: where the kernel shows the groups.
        membership: the groups of this process, a line each: number, controllers, path.
    """
    allowed = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    return min([allowed, *_quotas(control_groups, _text(membership) or "0::/")])


def default_threads(processors: float) -> int:
    """Threads for the engine: one processor is left to HTTP and tokenising, which must not wait for it.

    Threads that share a processor make each other wait at every parallel loop, so one too few is far better
    than one too many.
    """
    return max(1, min(MAX_DEFAULT_THREADS, int(processors) - 1))


def take_turns() -> None:
    """On a single processor, have the threads of this process wait for each other instead of interrupting.

    By default Linux lets a thread that has something to do interrupt one that computes: the event loop comes
    between the kernels for every packet, several times a request, and each finds the processor's caches
    filled by the other. As ``SCHED_BATCH`` it waits for the other's turn to end, a few milliseconds, and does
    all that has come by then. To be called before threads are started; where the threads have processors of
    their own, nothing is gained by it, and nothing is done.
    """
    if hasattr(os, "SCHED_BATCH") and len(os.sched_getaffinity(0)) == 1:
        with suppress(OSError):  # forbidden in some containers
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def _quotas(root: Path, membership: str) -> Iterator[float]:
    """Every quota that holds for a process with these groups, in processors."""
    for line in membership.splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            read, top = _quota, root
        elif "cpu" in controllers.split(","):
            read, top = _quota_of_version_1, root / "cpu"
        else:
            continue
        own = top / path.lstrip("/")
        # In a container the path is often that of the host, and what is mounted is the container's own group.
        for folder in (own, *own.parents):
            if folder.is_relative_to(top) and (quota := read(folder)) is not None:
                yield quota


def _quota(folder: Path) -> float | None:
    """Of a group of version 2: ``cpu.max`` has quota and period in microseconds, or ``max`` for no quota."""
    quota, _, period = (_text(folder / "cpu.max") or "").strip().partition(" ")
    return _share(quota, period)


def _quota_of_version_1(folder: Path) -> float | None:
    """Of a group of version 1; -1 for no quota."""
    return _share(_text(folder / "cpu.cfs_quota_us") or "", _text(folder / "cpu.cfs_period_us") or "")


def _share(quota: str, period: str) -> float | None:
    quota, period = quota.strip(), period.strip()
    if not (quota.isdecimal() and period.isdecimal() and int(quota) and int(period)):
        return None
    return int(quota) / int(period)


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="ascii")
    except (OSError, ValueError):
        return None
