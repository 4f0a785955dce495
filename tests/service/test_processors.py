"""The processors that a container is allowed, and what the engine makes of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from service.processors import available_processors, default_threads

AFFINITY = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("max 100000\n", AFFINITY),
        ("50000 100000\n", 0.5),
        ("100000000 100000\n", AFFINITY),
        ("odd", AFFINITY),
    ],
)
def test_the_quota_bounds_the_processors(tmp_path: Path, content: str, expected: float) -> None:
    file = tmp_path / "cpu.max"
    file.write_text(content, encoding="ascii")
    assert available_processors(file) == expected


def test_without_a_quota_file_the_affinity_counts(tmp_path: Path) -> None:
    assert available_processors(tmp_path / "cpu.max") == AFFINITY


@pytest.mark.parametrize(
    ("processors", "threads"), [(0.5, 1), (1.0, 1), (2.0, 1), (3.5, 2), (4.0, 3), (64.0, 4)]
)
def test_a_processor_is_left_to_everything_else(processors: float, threads: int) -> None:
    assert default_threads(processors) == threads
