"""Numbers to the device and back, without the host waiting for what the device is doing."""

from __future__ import annotations

import torch
from torch import Tensor


def send(values: Tensor, device: torch.device) -> Tensor:
    """``values``, on the CPU, on ``device``; what runs there now is not waited for.

    A copy from ordinary memory would be: only from page-locked memory can the device fetch by itself.
    """
    return values.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else values.to(device)


class Parcel:
    """A tensor on its way to the host.

    Args:
        values: on any device; what is done to it later changes nothing.
    """

    def __init__(self, values: Tensor) -> None:
        self._arrived: torch.cuda.Event | None = None
        if values.device.type == "cuda":
            self._values = torch.empty(values.shape, dtype=values.dtype, pin_memory=True)
            self._values.copy_(values, non_blocking=True)
            self._arrived = torch.cuda.Event()
            self._arrived.record()
        else:
            self._values = values.clone()

    def open(self) -> Tensor:
        """The values, on the CPU; waits for them."""
        if self._arrived is not None:
            self._arrived.synchronize()
        return self._values
