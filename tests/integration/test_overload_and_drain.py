"""What happens at the limits: a full queue, and the end."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.integration.running_service import ANSWER_SECONDS, RunningService, running_service

LONG = "ein sehr langer Satz ohne ein Ende " * 3
ROWS = 4
QUEUE = 8


@pytest.fixture
def service(tiny_checkpoint: Path, tmp_path: Path) -> Iterator[RunningService]:
    # Equal texts are to be decoded each for itself.
    settings = {"max_running_rows": ROWS, "max_queue_segments": QUEUE, "cache_segments": 0}
    with running_service(tiny_checkpoint, tmp_path / "log", settings) as service:
        yield service


def test_overload_is_refused_at_once_and_all_that_was_accepted_is_answered(service: RunningService) -> None:
    with ThreadPoolExecutor(ROWS + QUEUE) as clients:
        accepted = [clients.submit(service.translate, LONG) for _ in range(ROWS)]
        service.wait_for_metric("translation_running_segments", ROWS)
        accepted += [clients.submit(service.translate, LONG) for _ in range(QUEUE)]
        service.wait_for_metric("translation_queue_segments", QUEUE)

        refused = service.translate("Hund")
        assert not any(future.done() for future in accepted[ROWS:]), "the refusal waited for its turn"
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert service.get("/ready").status_code == 503
        assert service.get("/health").status_code == 200

        service.process.send_signal(signal.SIGTERM)
        answers = [future.result() for future in accepted]
    assert [answer.status_code for answer in answers] == [200] * (ROWS + QUEUE)
    assert len({answer.json()["translatedText"] for answer in answers}) == 1
    assert service.process.wait(ANSWER_SECONDS) == 0
    with pytest.raises(httpx.ConnectError):
        service.get("/health")


def test_whoever_has_connected_before_the_signal_is_answered(tiny_checkpoint: Path, tmp_path: Path) -> None:
    """Connections that the process has not yet accepted count too: their clients have sent all they had."""
    body = json.dumps({"q": "Hund", "source": "de", "target": "en"}).encode()
    head = "POST /translate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    with running_service(tiny_checkpoint, tmp_path / "log", {}) as service:
        address = httpx.URL(service.url).host, httpx.URL(service.url).port
        connections = [socket.create_connection(address, ANSWER_SECONDS) for _ in range(100)]
        for connection in connections:
            connection.sendall(request)
        service.process.send_signal(signal.SIGTERM)
        answers = [connection.recv(1024) for connection in connections]
        assert {answer.split(b"\r\n")[0] for answer in answers} == {b"HTTP/1.1 200 OK"}
        assert service.process.wait(ANSWER_SECONDS) == 0
        for connection in connections:
            connection.close()
