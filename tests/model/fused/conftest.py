"""One thread, a fixed seed, and kernels."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from model.errors import KernelError
from model.fused.library import load_library


@pytest.fixture
def kernels() -> Iterator[None]:
    """Skips what needs the kernels where there are none, and says why."""
    try:
        load_library()
    except KernelError as error:
        pytest.skip(str(error))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        yield
    torch.set_num_threads(threads)


def representable(*shape: int, scale: float = 1.0) -> Tensor:
    """Random float32 numbers that bfloat16 has as well: rounding the arguments changes nothing."""
    return (torch.randn(*shape) * scale).bfloat16().float()


def distance(measured: Tensor, truth: Tensor) -> float:
    """How far ``measured`` is from ``truth``, as a share of its length."""
    return float((measured.float() - truth).norm() / truth.norm())
