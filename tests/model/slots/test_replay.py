"""When steps are taken, recorded and replayed; the GPU is a stand-in, as only the order matters here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch

from model.slots.replay import Recorder, stepper, take_all

Event = tuple[str, int, int]


class StandIn:
    """Does what PyTorch does with graphs: what is called while one is recorded happens at its replay."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.options: list[dict[str, Any]] = []
        self._recording: Graph | None = None

    def step(self, count: int, width: int) -> None:
        if self._recording is None:
            self.events.append(("taken", count, width))
        else:
            self._recording.content.append((count, width))

    @contextmanager
    def graph(self, graph: Graph, **options: Any) -> Iterator[None]:
        self.options.append(options)
        self._recording = graph
        yield
        self._recording = None
        self.events += [("recorded", *kind) for kind in graph.content]


class Graph:
    """A recording."""

    played: list[Event]

    def __init__(self) -> None:
        self.content: list[tuple[int, int]] = []

    def replay(self) -> None:
        self.played += [("replayed", *kind) for kind in self.content]


class Stream:
    def __init__(self, *_: object) -> None:
        pass

    def wait_stream(self, other: object) -> None:
        pass


@contextmanager
def on_stream(stream: object) -> Iterator[None]:
    yield


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    gpu = StandIn()
    Graph.played = gpu.events
    for name, value in {
        "Stream": Stream,
        "stream": on_stream,
        "current_stream": Stream,
        "graph": gpu.graph,
        "CUDAGraph": Graph,
        "graph_pool_handle": lambda: (1, 2),
    }.items():
        monkeypatch.setattr(torch.cuda, name, value)
    return gpu


def test_each_kind_of_step_is_taken_once_then_recorded_then_replayed(gpu: StandIn) -> None:
    recorder = Recorder(gpu.step, torch.device("cuda"))
    for kind in [(8, 16), (8, 16), (8, 32), (8, 16), (8, 32)]:
        recorder(*kind)
    assert gpu.events == [
        ("taken", 8, 16),
        ("recorded", 8, 16),
        ("replayed", 8, 16),
        ("taken", 8, 32),
        ("recorded", 8, 32),
        ("replayed", 8, 16),
        ("replayed", 8, 32),
    ]
    assert recorder.recordings == 2
    assert len({id(options["stream"]) for options in gpu.options}) == 1  # as a shared pool demands
    assert {options["pool"] for options in gpu.options} == {(1, 2)}


def test_only_a_gpu_records(gpu: StandIn) -> None:
    assert isinstance(stepper(gpu.step, torch.device("cuda"), record=True), Recorder)
    for device, record in (("cuda", False), ("cpu", True)):
        step = stepper(gpu.step, torch.device(device), record=record)
        step(4, 8)
    assert gpu.events == [("taken", 4, 8)] * 2


def test_the_largest_steps_come_first(gpu: StandIn) -> None:
    take_all(gpu.step, (1, 2), (16, 32))
    assert gpu.events == [("taken", 2, 32), ("taken", 2, 16), ("taken", 1, 32), ("taken", 1, 16)]
