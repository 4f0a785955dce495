"""A result and where it comes from: what it takes to judge a number, and to measure it again.

Host names and absolute paths are left out: records are committed.
"""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, TypeVar

import torch
from pydantic import BaseModel

from benchmarks.errors import BenchmarkError
from model.checkpoint import Checkpoint
from model.config import Frozen

ROOT = Path(__file__).resolve().parent.parent
RESULTS = "benchmarks/results"

Results = TypeVar("Results", bound=BaseModel)


class Commit(Frozen):
    """The code that was measured; None where there is no git or no repository."""

    revision: str | None
    dirty: bool | None


class Machine(Frozen):
    """What it was measured on.

    Attributes:
        cpu: the processor's model name.
        cores: logical cores that the benchmark may run on.
        memory_gib: of the machine.
        system: operating system and distribution.
        gpu: its name, where the benchmark computes on one.
        load_average: processes that were running or waiting over the minute before; None if unknown. Near 0
            on a quiet machine.
    """

    cpu: str
    cores: int
    memory_gib: float
    system: str
    python: str
    torch: str
    gpu: str | None
    load_average: float | None


class CheckpointIdentity(Frozen):
    """Which network: its name, and the digest that covers every byte that changes a translation."""

    name: str
    digest: str

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> CheckpointIdentity:
        """The identity of ``checkpoint``."""
        return cls(name=checkpoint.name, digest=checkpoint.digest)


class Provenance(Frozen):
    """How a result came about.

    Attributes:
        command: as it was typed, with absolute paths cut.
        date: UTC, ISO 8601.
        checkpoint: None where the benchmark cannot know.
        method: what was measured and how, in words.
    """

    command: str
    commit: Commit
    date: str
    machine: Machine
    checkpoint: CheckpointIdentity | None
    method: str


class Record(Frozen, Generic[Results]):
    """A result with its provenance; what is written as JSON."""

    provenance: Provenance
    results: Results


def provenance(
    module: str,
    arguments: Sequence[str],
    *,
    method: str,
    checkpoint: CheckpointIdentity | None = None,
    device: torch.device | None = None,
) -> Provenance:
    """The provenance of what is measured now.

    Args:
        module: the benchmark, as ``python -m`` names it.
        arguments: its command-line arguments.
        method: what is measured and how.
        checkpoint: which network.
        device: where the benchmark computes.
    """
    return Provenance(
        command=shlex.join(["python", "-m", module, *map(_without_path, arguments)]),
        commit=read_commit(),
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=read_machine(device),
        checkpoint=checkpoint,
        method=method,
    )


def write_record(record: Record[Results], path: Path) -> None:
    """Write ``record`` to ``path`` as JSON, and say so.

    Raises:
        BenchmarkError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise BenchmarkError(f"{path}: cannot be written: {error.strerror}") from error
    print(f"written to {path}")


def read_commit(root: Path = ROOT) -> Commit:
    """The commit that is checked out in ``root``; dirty if anything but results differs from it."""
    revision = _git(root, "rev-parse", "HEAD")
    changes = _git(root, "status", "--porcelain", "--", ".", f":(exclude){RESULTS}")
    return Commit(revision=revision, dirty=None if changes is None else bool(changes))


def read_machine(device: torch.device | None = None) -> Machine:
    """This machine, as it is now."""
    return Machine(
        cpu=_cpu(),
        cores=_cores(),
        memory_gib=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        system=_system(),
        python=platform.python_version(),
        torch=torch.__version__,
        gpu=torch.cuda.get_device_name(device) if device and device.type == "cuda" else None,
        load_average=round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    )


def _without_path(argument: str) -> str:
    """``argument`` with an absolute path, its own or an option's value, made relative or cut to its name."""
    option, equals, value = argument.rpartition("=")
    path = Path(value)
    if not path.is_absolute():
        return argument
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else Path(path.name)
    return f"{option}{equals}{shown}"


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _cpu() -> str:
    information = Path("/proc/cpuinfo")
    if information.is_file():
        for line in information.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _system() -> str:
    try:
        return f"{platform.system()}, {platform.freedesktop_os_release()['PRETTY_NAME']}"
    except (OSError, KeyError):
        return platform.system()
