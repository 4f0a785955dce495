"""A real Prometheus reads the metrics of a real service."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.integration.running_service import ANSWER_SECONDS, RunningService, running_service

pytestmark = pytest.mark.skipif(
    shutil.which("prometheus") is None,
    reason="Prometheus is not installed (Debian: apt-get install prometheus)",
)

CONFIGURATION = """
global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}
scrape_configs: [{{job_name: dragoman, static_configs: [{{targets: ["{target}"]}}]}}]
"""


@pytest.fixture
def service(tiny_checkpoint: Path, tmp_path: Path) -> Iterator[RunningService]:
    # What a random network writes is often flagged; a second try would be counted, too.
    with running_service(tiny_checkpoint, tmp_path / "log", {"second_tries": False}) as service:
        yield service


@pytest.fixture
def prometheus(service: RunningService, tmp_path: Path) -> Iterator[str]:
    """The address of a Prometheus that scrapes ``service``."""
    configuration = tmp_path / "prometheus.yml"
    configuration.write_text(CONFIGURATION.format(target=urlsplit(service.url).netloc))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    process = subprocess.Popen(
        [
            "prometheus",
            f"--config.file={configuration}",
            f"--storage.tsdb.path={tmp_path / 'data'}",
            f"--web.listen-address={address}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield f"http://{address}"
    process.kill()
    process.wait()


def query(prometheus: str, expression: str) -> float | None:
    """The value of ``expression``, once there is one."""
    try:
        answer = httpx.get(f"{prometheus}/api/v1/query", params={"query": expression})
    except httpx.TransportError:
        return None  # not up yet
    found = json.loads(answer.text).get("data", {}).get("result", [])
    return float(found[0]["value"][1]) if found else None


def test_a_translation_is_seen_by_prometheus(service: RunningService, prometheus: str) -> None:
    assert service.translate("Wo ist der Bahnhof? Im Park.").status_code == 200
    expectations = {
        'up{job="dragoman"}': 1.0,
        'translation_requests_total{api="libretranslate",outcome="ok"}': 1.0,
        'translation_queue_seconds_count{priority="interactive"}': 2.0,
        "translation_model_ready": 1.0,
    }
    for expression, expected in expectations.items():
        deadline = time.monotonic() + ANSWER_SECONDS
        while (value := query(prometheus, expression)) != expected:
            assert time.monotonic() < deadline, f"{expression} is {value}, not {expected}"
            time.sleep(0.1)
