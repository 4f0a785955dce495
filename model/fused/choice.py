"""Whether the kernels of training are to compute something."""

from __future__ import annotations

import functools
import logging

import torch
from torch import Tensor

from model.errors import KernelError
from model.fused.library import load_library

logger = logging.getLogger(__name__)


def usable(x: Tensor, dtype: torch.dtype) -> bool:
    """Whether the kernels can and should compute with ``x``: in bfloat16, on a CPU, on one thread.

    The kernels use one thread; PyTorch's operators are the better choice for several.
    """
    return dtype == torch.bfloat16 and x.device.type == "cpu" and torch.get_num_threads() == 1 and available()


def autocast_dtype(x: Tensor) -> torch.dtype:
    """What PyTorch's products with ``x`` compute in now."""
    kind = x.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype


@functools.cache
def available() -> bool:
    """Whether there are kernels for this machine; the log says once why not."""
    try:
        load_library()
    except KernelError as error:
        logger.info("training without compiled kernels: %s", error)
        return False
    return True
