"""Taking steps on the first slots: operation by operation, or by a recording."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import Protocol

import torch

_ONE_AT_A_TIME = Lock()
"""A process may record one graph at a time, and each checkpoint has a thread of its own."""


class Stepper(Protocol):
    """Takes a step."""

    def __call__(self, count: int, width: int) -> None:
        """Advance the first ``count`` slots, reading ``width`` source positions."""
        ...


class Recorder:
    """Takes each kind of step as it comes once, records it, and replays the recording from then on.

    The first time warms up what must not begin inside a recording, such as cuBLAS. Recordings share one pool
    of memory: between two steps nothing in it is needed any more, since a step leaves all it has found in
    the slots.

    Args:
        step: what to record; it must do the same operations on the same memory every time, without the host
            waiting for the device.
        device: a CUDA device.
    """

    def __init__(self, step: Stepper, device: torch.device) -> None:
        self._step = step
        self._device = device
        self._stream = torch.cuda.Stream(device)
        self._pool = torch.cuda.graph_pool_handle()
        self._recordings: dict[tuple[int, int], torch.cuda.CUDAGraph] = {}

    def __call__(self, count: int, width: int) -> None:
        """See ``Stepper``."""
        recording = self._recordings.get((count, width))
        if recording is None:
            self._warm_up(count, width)
            self._recordings[count, width] = self._record(count, width)
        else:
            recording.replay()

    @property
    def recordings(self) -> int:
        """Kinds of steps recorded so far."""
        return len(self._recordings)

    def _warm_up(self, count: int, width: int) -> None:
        """The step itself, on the stream that it is to be recorded on."""
        current = torch.cuda.current_stream(self._device)
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            self._step(count, width)
        current.wait_stream(self._stream)

    def _record(self, count: int, width: int) -> torch.cuda.CUDAGraph:
        recording = torch.cuda.CUDAGraph()
        # Other threads may allocate meanwhile: only what this one does may spoil the recording.
        with (
            _ONE_AT_A_TIME,
            torch.cuda.graph(
                recording, pool=self._pool, stream=self._stream, capture_error_mode="thread_local"
            ),
        ):
            self._step(count, width)
        return recording


def stepper(step: Stepper, device: torch.device, *, record: bool) -> Stepper:
    """What takes steps on ``device``; only a CUDA device can record them."""
    return Recorder(step, device) if record and device.type == "cuda" else step


def take_all(step: Stepper, counts: Iterable[int], widths: Iterable[int]) -> None:
    """One step of every kind, the largest first: the memory that it takes serves the others too."""
    for count in sorted(counts, reverse=True):
        for width in sorted(widths, reverse=True):
            step(count, width)
