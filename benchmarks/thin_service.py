"""The service under a load that never pauses, by processor time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from benchmarks.client import TranslationClient, connect, read_metrics
from benchmarks.errors import BenchmarkError
from benchmarks.outcome import TRANSLATED
from benchmarks.processor_time import processor_time
from benchmarks.server import StartedService
from model.config import Frozen

SECOND_TRIES = "translation_second_tries_total"
ROWS_SUM, ROWS_COUNT = "translation_batch_rows_sum", "translation_batch_rows_count"


class Load(NamedTuple):
    """How sentences are sent.

    Attributes:
        name: of the load.
        texts: in a request.
        connections: each with one request at a time.
    """

    name: str
    texts: int
    connections: int


class ServiceRound(Frozen):
    """Some sentences translated by the service.

    Attributes:
        load: its name.
        sentences: how many.
        seconds: by the clock.
        main_thread_seconds: of the processor, the service's event loop.
        other_seconds: of the processor, its other threads and its child processes: the decoding.
        client_seconds: of the processor, the load generator's.
        rows_per_step: segments that took part in a turn of decoding steps, on average.
        second_tries: segments that were decoded once more.
    """

    load: str
    sentences: int
    seconds: float
    main_thread_seconds: float
    other_seconds: float
    client_seconds: float
    rows_per_step: float
    second_tries: int

    @property
    def cpu_seconds(self) -> float:
        """Of the service."""
        return self.main_thread_seconds + self.other_seconds


async def measure_round(
    service: StartedService, direction: tuple[str, str], load: Load, sentences: Sequence[str]
) -> ServiceRound:
    """Have ``service`` translate ``sentences``.

    Raises:
        BenchmarkError: it does not translate all of them.
    """
    requests = iter([sentences[at : at + load.texts] for at in range(0, len(sentences), load.texts)])
    before = await _counters(service.url)
    async with connect(service.url, *direction, load.connections) as client:
        begin, begin_client = time.perf_counter(), time.process_time()
        begin_service = processor_time(service.pid)
        await asyncio.gather(*(_send(client, requests) for _ in range(load.connections)))
        seconds, client_seconds = time.perf_counter() - begin, time.process_time() - begin_client
        spent = processor_time(service.pid).since(begin_service)
    after = await _counters(service.url)
    grown = {name: value - before.get(name, 0.0) for name, value in after.items()}
    return ServiceRound(
        load=load.name,
        sentences=len(sentences),
        seconds=seconds,
        main_thread_seconds=spent.main_thread,
        other_seconds=spent.other_threads + spent.children,
        client_seconds=client_seconds,
        rows_per_step=grown[ROWS_SUM] / grown[ROWS_COUNT],
        second_tries=round(grown[SECOND_TRIES]),
    )


async def _send(client: TranslationClient, requests: Iterator[Sequence[str]]) -> None:
    for texts in requests:
        status = await client.send(texts)
        if status != TRANSLATED:
            raise BenchmarkError(f"the service does not translate: {status}")


async def _counters(url: str) -> dict[str, float]:
    """Totals by name over all labels, but of the histogram of rows those of decoding steps alone."""
    totals: dict[str, float] = {}
    for family in text_string_to_metric_families(await read_metrics(url)):
        for sample in family.samples:
            if sample.labels.get("phase", "decode") == "decode":
                totals[sample.name] = totals.get(sample.name, 0.0) + sample.value
    return totals
