"""The start and the memory of a service with the bundled checkpoints, within generous limits.

``benchmarks/results`` has what was measured: half of the limit on time, three quarters of that on memory.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from benchmarks.footprint import made_sentences
from benchmarks.processor_time import processor_time, resident_mebibytes
from model.errors import KernelError
from model.inference.library import load_library
from tests.integration.running_service import RunningService, running_service

CHECKPOINTS = Path(__file__).parents[2] / "checkpoints"
MOST_IMPORTS_OF_TORCH = 5.0
"""Processor time of a start, in units of what importing PyTorch alone takes."""
MOST_MEBIBYTES = 450.0
MOST_GROWTH_MEBIBYTES = 12.0
SENTENCES = 400


@pytest.fixture(scope="module", autouse=True)
def kernels() -> None:
    """In float32 weights take four times the memory."""
    try:
        load_library()
    except KernelError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service with all that is bundled, and no cache that would fill up; decoding is quick."""
    log = tmp_path_factory.mktemp("footprint") / "log"
    settings = {"cache_segments": 0, "beam_size": 1, "second_tries": "false"}
    with running_service(CHECKPOINTS, log, settings) as service:
        yield service


def seconds_to_import_torch() -> float:
    """Of the processor."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", "import torch"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_a_start_takes_little_more_than_its_largest_import(service: RunningService) -> None:
    spent = processor_time(service.process.pid).seconds
    assert spent < MOST_IMPORTS_OF_TORCH * seconds_to_import_torch()


def test_the_bundled_checkpoints_fit_in_450_mebibytes(service: RunningService) -> None:
    assert resident_mebibytes(service.process.pid) < MOST_MEBIBYTES


def test_memory_does_not_grow_with_what_has_been_translated(service: RunningService) -> None:
    sentences = made_sentences("de")
    after: list[float] = []
    for _ in range(3):
        assert service.translate(list(islice(sentences, SENTENCES))).status_code == 200
        after.append(resident_mebibytes(service.process.pid))
    assert after[2] - after[1] < MOST_GROWTH_MEBIBYTES, after
