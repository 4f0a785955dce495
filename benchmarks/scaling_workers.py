"""Decoders in processes of their own, each on processors of its own, which start together."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import torch

from benchmarks.errors import BenchmarkError
from benchmarks.thin_offline import OfflineDecoder
from model.checkpoint import load_checkpoint
from model.errors import ModelError


class Arrangement(NamedTuple):
    """How processors are shared out: so many replicas, with so many threads each."""

    replicas: int
    threads: int

    @property
    def processors(self) -> int:
        """Of all replicas."""
        return self.replicas * self.threads


class Work(NamedTuple):
    """What each replica does in a round.

    Attributes:
        checkpoint: its folder.
        direction: source and target language.
        rows: sentences at a time.
        sentences: to decode.
    """

    checkpoint: Path
    direction: tuple[str, str]
    rows: int
    sentences: tuple[str, ...]


class Turn(NamedTuple):
    """What one replica did; seconds, ``begin`` and ``end`` of a clock that all processes share."""

    begin: float
    end: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Replicas:
    """Processes that wait for a round."""

    connections: tuple[Connection, ...]

    def round(self) -> list[Turn]:
        """Let all decode at the same time.

        Raises:
            BenchmarkError: one has ended.
        """
        for connection in self.connections:
            connection.send(True)
        return [_receive(connection) for connection in self.connections]


def start(stack: ExitStack, arrangement: Arrangement, processors: Sequence[int], work: Work) -> Replicas:
    """Replicas that have loaded their checkpoint and decoded once; they end with ``stack``.

    Args:
        stack: who ends them.
        arrangement: how many, and how many threads each has.
        processors: of the machine; the first are used.
        work: what each does in a round.

    Raises:
        BenchmarkError: a replica cannot start.
    """
    context = multiprocessing.get_context("spawn")
    connections = []
    for index in range(arrangement.replicas):
        own = processors[index * arrangement.threads : (index + 1) * arrangement.threads]
        here, there = context.Pipe()
        process = context.Process(target=_serve, args=(there, own, work), daemon=True)
        process.start()
        there.close()
        stack.callback(process.join)
        stack.callback(here.close)
        connections.append(here)
    for connection in connections:
        _receive(connection)
    return Replicas(tuple(connections))


def _receive(connection: Connection) -> Turn:
    try:
        answer: Turn | str = connection.recv()
    except EOFError as error:
        raise BenchmarkError("a decoder's process has ended") from error
    if isinstance(answer, str):
        raise BenchmarkError(answer)
    return answer


def _serve(connection: Connection, processors: Sequence[int], work: Work) -> None:
    """A replica: decodes once, answers, and does so again for each message until the connection closes."""
    # Before any thread is there: threads inherit it.
    os.sched_setaffinity(0, processors)
    torch.set_num_threads(len(processors))
    try:
        decoder = OfflineDecoder(load_checkpoint(work.checkpoint), work.direction, work.rows)
        while True:
            begin = time.monotonic()
            cpu_seconds = decoder.measure(work.sentences).cpu_seconds
            connection.send(Turn(begin, time.monotonic(), cpu_seconds))
            connection.recv()
    except EOFError:
        return
    except ModelError as error:
        connection.send(str(error))
