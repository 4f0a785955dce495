"""Processor time of a server and its children, as Linux counts it."""

from __future__ import annotations

import os
from pathlib import Path

_SESSION, _USER, _SYSTEM, _CHILDREN_USER, _CHILDREN_SYSTEM = 3, 11, 12, 13, 14
"""Places in ``/proc/PID/stat`` after the command's name, see proc_pid_stat(5)."""


def session_seconds(session: int, processes: Path = Path("/proc")) -> float:
    """Processor time that the processes of a session have used, children that have ended included.

    Args:
        session: the process that began it.
        processes: where Linux tells of them.
    """
    ticks = sum(_ticks(folder / "stat", session) for folder in processes.glob("[0-9]*"))
    return ticks / os.sysconf("SC_CLK_TCK")


def _ticks(status: Path, session: int) -> int:
    try:
        fields = status.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:  # it has just ended
        return 0
    if int(fields[_SESSION]) != session:
        return 0
    return sum(int(fields[place]) for place in (_USER, _SYSTEM, _CHILDREN_USER, _CHILDREN_SYSTEM))
