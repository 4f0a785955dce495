"""How many processors this process may use, and how many of them should compute."""

from __future__ import annotations

import os
from pathlib import Path

CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")
MAX_DEFAULT_THREADS = 4
"""The matrices of a decoding step are too small to keep more threads busy."""


def available_processors(quota_file: Path = CGROUP_QUOTA) -> float:
    """Processors that the scheduler lets this process run on, cut to its container's CPU quota.

    Args:
        quota_file: a cgroup v2 ``cpu.max``: quota and period in microseconds, or ``max`` for no quota.
    """
    allowed = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    try:
        quota, period = quota_file.read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return allowed
    return allowed if quota == "max" else min(allowed, int(quota) / int(period))


def default_threads(processors: float) -> int:
    """Threads for the engine: one processor is left to HTTP and tokenising, which must not wait for it.

    Threads that share a processor make each other wait at every parallel loop, so one too few is far better
    than one too many.
    """
    return max(1, min(MAX_DEFAULT_THREADS, int(processors) - 1))
