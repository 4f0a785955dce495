"""Three servers around one network: ours, ours with request-level batches, and LitServe."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from benchmarks.client import connect
from benchmarks.collecting import Collecting
from benchmarks.command import Say
from benchmarks.errors import BenchmarkError
from benchmarks.loops import closed_loop
from benchmarks.opennmt import python_of
from benchmarks.outcome import TRANSLATED
from benchmarks.processor_time import processor_time
from benchmarks.record import ROOT
from benchmarks.scheduling_engine import LOADS
from benchmarks.scheduling_results import ServerCapacity, ServerLoad
from benchmarks.server import PREFIX, StartedService, free_port, running_process
from benchmarks.session import LoadOptions, measure_open
from benchmarks.summary import Spread

CLIENTS = 64
_SETTLE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Contestant:
    """A server that runs, and what to call it."""

    name: str
    server: StartedService


@contextmanager
def contestants(
    checkpoint: Path, settings: Mapping[str, str], environment: Path, rule: Collecting, target: str
) -> Iterator[list[Contestant]]:
    """All three, ready; ours comes first.

    Args:
        checkpoint: a folder.
        settings: of the service, see ``settings_of``.
        environment: LitServe's.
        rule: LitServe's settings.
        target: the language to translate into; LitServe serves this one only.

    Raises:
        BenchmarkError: one does not get ready, or does not end well.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    inherited |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    inherited |= {"PYTHONPATH": str(ROOT)}
    with ExitStack() as stack:
        found = []
        for name, module in (
            ("this engine", "service"),
            ("request-level", "benchmarks.workers.request_level"),
        ):
            port = free_port()
            ours = {"CHECKPOINTS": str(checkpoint.resolve()), "HOST": "127.0.0.1", "PORT": str(port)}
            variables = {**inherited, **settings, **{PREFIX + key: value for key, value in ours.items()}}
            process = running_process([sys.executable, "-m", module], variables, port)
            found.append(Contestant(name, stack.enter_context(process)))
        port = free_port()
        plan = {
            "checkpoint": str(checkpoint.resolve()),
            "target": target,
            "precision": settings[f"{PREFIX}PRECISION"],
            "port": port,
            **asdict(rule),
        }
        command = [str(python_of(environment)), "-m", "benchmarks.workers.litserve", json.dumps(plan)]
        process = running_process(command, inherited, port, interrupt=True)
        found.append(Contestant("LitServe", stack.enter_context(process)))
        yield found


def measure_capacities(
    servers: Sequence[Contestant], load: LoadOptions, rounds: int, say: Say
) -> tuple[ServerCapacity, ...]:
    """Keep one server after the other busy, in interleaved rounds.

    Raises:
        BenchmarkError: one translates nothing.
    """
    wall: dict[str, list[float]] = {each.name: [] for each in servers}
    processor: dict[str, list[float]] = {each.name: [] for each in servers}
    for _ in range(rounds):
        for each in servers:
            rate, cpu_rate = asyncio.run(_closed(each, load))
            wall[each.name].append(rate)
            processor[each.name].append(cpu_rate)
            say(f"{each.name}: {rate:.1f} texts/s, {cpu_rate:.1f} by processor time")
    ours = processor[servers[0].name]
    return tuple(
        ServerCapacity(
            server=each.name,
            texts_per_second=Spread.of(wall[each.name]),
            texts_per_cpu_second=Spread.of(processor[each.name]),
            ratio=Spread.of([own / its for own, its in zip(ours, processor[each.name], strict=True)]),
        )
        for each in servers
    )


def measure_loads(
    servers: Sequence[Contestant], load: LoadOptions, capacity: float, say: Say
) -> tuple[ServerLoad, ...]:
    """The same arrivals and texts for all, at each share of ``capacity`` requests a second.

    Raises:
        BenchmarkError: a server does not recover from a load.
    """
    results = []
    for share in LOADS:
        for each in servers:
            options = replace(load, url=each.server.url)
            result = asyncio.run(measure_open(options, share * capacity))
            asyncio.run(_settle(options))
            results.append(ServerLoad(server=each.name, load=share, result=result))
            waits = f"p99 {result.latency.p99_ms:.0f} ms" if result.latency else "nothing translated"
            say(f"{each.name} at {share:.0%}: {waits}")
    return tuple(results)


async def _closed(contestant: Contestant, load: LoadOptions) -> tuple[float, float]:
    """Texts a second of wall time, and of the server's processor time; begun and ended with nothing to do.

    Raises:
        BenchmarkError: nothing is translated.
    """
    async with connect(contestant.server.url, load.source, load.target, CLIENTS) as client:
        begin, begin_cpu = time.monotonic(), processor_time(contestant.server.pid).seconds
        outcomes = await closed_loop(
            client.send,
            load.texts,
            concurrency=CLIENTS,
            seconds=load.seconds,
            timeout_seconds=load.timeout_seconds,
        )
        seconds = time.monotonic() - begin
        cpu_seconds = processor_time(contestant.server.pid).seconds - begin_cpu
    translated = sum(outcome.status == TRANSLATED for outcome in outcomes)
    if not translated:
        raise BenchmarkError(f"{contestant.name} translated nothing")
    return translated / seconds, translated / cpu_seconds


async def _settle(load: LoadOptions) -> None:
    """Wait until a server has done what it still had to do.

    Raises:
        BenchmarkError: that takes too long.
    """
    async with connect(load.url, load.source, load.target, 1) as client:
        try:
            async with asyncio.timeout(_SETTLE_SECONDS):
                status = await client.send([load.sentences[0]])
        except TimeoutError:
            status = "no answer"
    if status != TRANSLATED:
        raise BenchmarkError(f"after a load, {load.url} answers: {status}")
