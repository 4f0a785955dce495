"""Streams from a real process, with a real network (with random weights), over real sockets."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.running_service import RunningService, running_service

BODY = {"q": "Der Hund läuft im Park. " * 30, "source": "de", "target": "en"}
STREAM = {"accept": "text/event-stream"}


@pytest.fixture
def service(tiny_checkpoint: Path, tmp_path: Path) -> Iterator[RunningService]:
    settings = {"max_running_rows": 2, "shutdown_delay_seconds": 0}
    with running_service(tiny_checkpoint, tmp_path / "log", settings) as service:
        yield service


def events(response: httpx.Response) -> Iterator[tuple[str, Any]]:
    name = ""
    for line in response.iter_lines():
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)


def test_sentences_come_one_by_one_and_the_end_of_the_service_does_not_break_them_off(
    service: RunningService,
) -> None:
    plain = service.client.post("/translate", json=BODY).json()
    begun = time.monotonic()
    with service.client.stream("POST", "/translate", json=BODY, headers=STREAM) as response:
        stream = events(response)
        assert next(stream)[0] == "start"
        parts = [next(stream)[1]["translatedText"]]
        first = time.monotonic()
        service.process.send_signal(signal.SIGTERM)
        *segments, (name, answer) = stream
        ended = time.monotonic()
    assert first - begun < ended - first, "the first of thirty came in the first half of the time"
    assert name == "done"
    assert answer["translatedText"] == plain["translatedText"]
    assert "".join(parts + [data["translatedText"] for _, data in segments]) == plain["translatedText"]
    assert service.process.wait(30) == 0


def test_a_client_that_hangs_up_frees_its_rows(service: RunningService) -> None:
    with service.client.stream("POST", "/translate", json=BODY, headers=STREAM) as response:
        assert next(events(response))[0] == "start"
    service.wait_for_metric("translation_requests_total", 1, {"outcome": "cancelled"})
    assert service.metric("translation_running_segments") + service.metric("translation_queue_segments") == 0
