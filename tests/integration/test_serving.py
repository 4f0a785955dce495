"""A real process, a real network (with random weights), real sockets."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.integration.running_service import RunningService, running_service

MARKER = "Geheimnis"
TEXTS = [
    "Hund",
    "Der Zug fährt.",
    "Wo ist er?\nHier!",
    "Zwei Hunde. Ein Haus.",
    "Nein",
    "Im Park",
    "\tJa ... 12",
    "alt",
]


@pytest.fixture(scope="module")
def service(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    log = tmp_path_factory.mktemp("serving") / "log"
    # Equal texts are to be decoded each for itself.
    settings = {"max_running_rows": 64, "max_body_bytes": 100_000, "cache_segments": 0}
    with running_service(tiny_checkpoint, log, settings) as service:
        yield service


def test_sixty_four_clients_get_what_each_gets_alone(service: RunningService) -> None:
    alone = {text: service.translate(text).json() for text in TEXTS}
    rows, steps = (
        service.metric(f"translation_batch_rows_{kind}", {"phase": "decode"}) for kind in ("sum", "count")
    )
    with ThreadPoolExecutor(64) as clients:
        answers = list(clients.map(service.translate, TEXTS * 8))
    for text, answer in zip(TEXTS * 8, answers, strict=True):
        assert answer.status_code == 200
        assert answer.json()["translatedText"] == alone[text]["translatedText"]
        assert answer.json()["score"] == pytest.approx(alone[text]["score"], rel=1e-4)
    rows = service.metric("translation_batch_rows_sum", {"phase": "decode"}) - rows
    steps = service.metric("translation_batch_rows_count", {"phase": "decode"}) - steps
    assert rows / steps > 4, "they were not batched"


def test_alternatives_and_separators(service: RunningService) -> None:
    answer = service.translate(" Wo ist er?\r\n\r\n  Hier! ", alternatives=2).json()
    assert len(answer["alternatives"]) == 2
    for text in (answer["translatedText"], *answer["alternatives"]):
        assert text.startswith(" ")
        assert text.endswith(" ")
        assert "\r\n\r\n  " in text


def test_a_client_that_disconnects_frees_its_rows(service: RunningService) -> None:
    before = service.metric("translation_cancelled_total", {"stage": "decoding"})
    body = json.dumps({"q": ["ein sehr langer Satz ohne Ende " * 3] * 8, "source": "de", "target": "en"})
    head = f"Host: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    address = urlsplit(service.url)
    with socket.create_connection((address.hostname, address.port)) as client:
        client.sendall(f"POST /translate HTTP/1.1\r\n{head}\r\n\r\n{body}".encode())
        service.wait_for_metric("translation_running_segments", at_least=8)
    service.wait_for_metric("translation_cancelled_total", before + 8, {"stage": "decoding"})
    assert service.metric("translation_running_segments") == 0
    assert service.metric("translation_requests_total", {"outcome": "cancelled"}) >= 1


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_that_is_too_large_is_answered_not_dropped(service: RunningService, declared: bool) -> None:
    content = b" " * 5_000_000
    chunks = (content[start : start + 50_000] for start in range(0, len(content), 50_000))
    response = service.client.post(
        "/translate",
        content=content if declared else chunks,
        headers={"content-type": "application/json"},
    )
    assert response.status_code == 413
    assert response.json()["type"] == "/problems/too-large"
    assert service.get("/health").status_code == 200


def test_no_text_is_logged(service: RunningService) -> None:
    assert service.translate(f"{MARKER} eins", api_key=MARKER).status_code == 200
    assert service.translate([f"{MARKER} zwei"], source=MARKER).status_code == 400
    broken = f'{{"q": "{MARKER}"'
    assert service.client.post(f"/translate?q={MARKER}", content=broken).status_code == 400
    service.get(f"/{MARKER}")
    log = service.log.read_text()
    assert MARKER not in log
    lines = [json.loads(line) for line in log.splitlines()]
    assert {"/translate", "unmatched"} <= {line.get("route") for line in lines}
    assert MARKER not in service.get("/metrics").text


def test_metrics_pass_promtool(service: RunningService) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: apt-get install prometheus)")
    text = service.get("/metrics").content
    checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")
