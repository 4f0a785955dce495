"""A fixed computation: what the machine can do at this moment.

A rate alone says as much about the machine, and about what else runs on it, as about the code. The same
matrix product is therefore timed beside every measurement. The *ratio* of the two, work done in the time of
one reference computation, compares across days and, roughly, across machines.
"""

from __future__ import annotations

import time

import torch

ROWS, INNER, COLUMNS = 160, 640, 1536
"""One LSTM layer at 32 sentences with beam 5: 32 x 5 rows, a 640-wide input, four gates of 384."""
PRODUCTS = 50

DESCRIPTION = f"{PRODUCTS} float32 matrix products [{ROWS}, {INNER}] x [{INNER}, {COLUMNS}]"


class Reference:
    """The computation, ready to be timed.

    Args:
        device: where to compute; with as many threads as PyTorch is set to.
    """

    def __init__(self, device: torch.device | str = "cpu") -> None:
        self._device = torch.device(device)
        self._left = torch.full((ROWS, INNER), 0.5, device=self._device)
        self._right = torch.full((INNER, COLUMNS), 0.5, device=self._device)
        self.seconds()  # the first run also sets up the library

    def seconds(self) -> float:
        """How long it takes now, in seconds."""
        self._wait()
        begin = time.perf_counter()
        for _ in range(PRODUCTS):
            torch.mm(self._left, self._right)
        self._wait()
        return time.perf_counter() - begin

    def _wait(self) -> None:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
