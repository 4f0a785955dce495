"""Watching a process: when it says what, and how much processor time it had used by then."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import BenchmarkError

_KEPT_LINES = 6
"""Shown of a process that failed."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A line that a process printed.

    Attributes:
        seconds: when it came, on the clock of ``time.perf_counter``.
        cpu_seconds: processor time that the process had used, of all threads, user and system; None where
            the system does not tell. It hardly changes with what else the machine does.
        line: without its end.
    """

    seconds: float
    cpu_seconds: float | None
    line: str


def follow(
    command: Sequence[str], *, environment: Mapping[str, str], last: re.Pattern[str]
) -> tuple[Stamp, ...]:
    """Run ``command`` until it prints a line that matches ``last``, and then end it.

    Args:
        command: program and arguments.
        environment: all of its environment.
        last: searched in every line of its standard output and error, which are read as one.

    Returns:
        Its lines up to that one.

    Raises:
        BenchmarkError: it cannot be started, or ends before.
    """
    name = Path(command[0]).name
    try:
        process = subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    except OSError as error:
        raise BenchmarkError(f"{name} cannot be started: {error.strerror}") from error
    try:
        return _read(name, process, last)
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _read(name: str, process: subprocess.Popen[bytes], last: re.Pattern[str]) -> tuple[Stamp, ...]:
    stamps: list[Stamp] = []
    for raw in process.stdout or ():
        now, cpu = time.perf_counter(), cpu_seconds(process.pid)
        stamps.append(Stamp(now, cpu, raw.decode("utf-8", errors="replace").rstrip()))
        if last.search(stamps[-1].line):
            return tuple(stamps)
    tail = deque((stamp.line for stamp in stamps), maxlen=_KEPT_LINES)
    status = process.wait()
    raise BenchmarkError(
        f"{name} ended with status {status} before it was done; its last lines:\n" + "\n".join(tail)
    )


def cpu_seconds(pid: int) -> float | None:
    """Processor time that the process has used so far, to the system's clock tick; None if unknown."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    user, system = stat.rpartition(")")[2].split()[11:13]  # what is before may contain blanks
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
