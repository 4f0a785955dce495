"""The processors that a container is allowed, and what the engine makes of them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from service.processors import available_processors, default_threads

AFFINITY = len(os.sched_getaffinity(0))


def measured(folder: Path, membership: str, files: Mapping[str, str]) -> float:
    """What is available to a process with ``membership`` where the kernel shows ``files``."""
    for name, content in files.items():
        file = folder / "groups" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="ascii")
    own = folder / "own"
    own.write_text(membership, encoding="ascii")
    return available_processors(folder / "groups", own)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("max 100000\n", AFFINITY),
        ("50000 100000\n", 0.5),
        ("100000000 100000\n", AFFINITY),
        ("odd", AFFINITY),
        ("0 0", AFFINITY),
    ],
)
def test_the_quota_bounds_the_processors(tmp_path: Path, content: str, expected: float) -> None:
    assert measured(tmp_path, "0::/\n", {"cpu.max": content}) == expected


@pytest.mark.parametrize(
    ("membership", "files", "expected"),
    [
        ("0::/pod/one\n", {"pod/one/cpu.max": "max 100000", "pod/cpu.max": "25000 100000"}, 0.25),
        ("0::/pod/one\n", {"pod/one/cpu.max": "20000 100000", "pod/cpu.max": "50000 100000"}, 0.2),
        ("0::/pod/one\n", {"pod/other/cpu.max": "20000 100000"}, AFFINITY),
        # the host's path, but the container's own group is what is mounted
        ("0::/system.slice/docker-1.scope\n", {"cpu.max": "50000 100000"}, 0.5),
        (
            "4:memory:/a\n3:cpu,cpuacct:/a\n",
            {"cpu/a/cpu.cfs_quota_us": "30000\n", "cpu/a/cpu.cfs_period_us": "100000\n"},
            0.3,
        ),
        (
            "3:cpu,cpuacct:/docker/1\n0::/\n",
            {"cpu/cpu.cfs_quota_us": "75000\n", "cpu/cpu.cfs_period_us": "100000\n"},
            0.75,
        ),
        ("3:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, AFFINITY),
        ("2:cpuset:/\n", {"cpu/cpu.cfs_quota_us": "1000\n", "cpu/cpu.cfs_period_us": "100000\n"}, AFFINITY),
    ],
)
def test_every_group_around_the_process_counts(
    tmp_path: Path, membership: str, files: Mapping[str, str], expected: float
) -> None:
    assert measured(tmp_path, membership, files) == expected


def test_without_control_groups_the_affinity_counts(tmp_path: Path) -> None:
    assert available_processors(tmp_path, tmp_path / "none") == AFFINITY


@pytest.mark.parametrize(
    ("processors", "threads"), [(0.5, 1), (1.0, 1), (2.0, 1), (3.5, 2), (4.0, 3), (64.0, 4)]
)
def test_a_processor_is_left_to_everything_else(processors: float, threads: int) -> None:
    assert default_threads(processors) == threads


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="the policy is Linux's")
@pytest.mark.parametrize("shared", [True, False])
def test_threads_take_turns_on_one_processor_alone(shared: bool) -> None:
    if not shared and AFFINITY == 1:
        pytest.skip("there is one processor only")
    program = (
        "import os, threading; from service.processors import take_turns;"
        f"os.sched_setaffinity(0, list(os.sched_getaffinity(0))[:1]) if {shared} else None;"
        "take_turns();"
        "thread = threading.Thread(target=lambda: print(os.sched_getscheduler(threading.get_native_id())));"
        "thread.start(); thread.join()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(done.stdout) == (os.SCHED_BATCH if shared else os.SCHED_OTHER)
