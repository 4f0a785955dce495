"""Starting the workers of a run: PyTorch's launcher does it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn


def started_by_torchrun() -> bool:
    """Whether this process is a worker already."""
    return "WORLD_SIZE" in os.environ


def start_workers(workers: int, command: Sequence[str]) -> NoReturn:
    """Become a launcher of ``workers`` processes ``python -m model COMMAND...`` on this machine.

    It passes SIGINT and SIGTERM on, and ends all where one fails.
    """
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={workers}"]
    os.execv(sys.executable, [*launcher, "-m", "model", *command])  # noqa: S606 - no shell is wanted
