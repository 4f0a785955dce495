"""The service as users run it: a process of its own, asked over a socket."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

START_SECONDS = 120.0
ANSWER_SECONDS = 60.0
_LISTENING = re.compile(r"running on (http://127\.0\.0\.1:\d+)")


@dataclass
class RunningService:
    """A started process, its address, the file that its output goes to, and a client for any thread."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path
    client: httpx.Client

    def translate(self, q: str | list[str], **more: object) -> httpx.Response:
        body = {"q": q, "source": "de", "target": "en", **more}
        return self.client.post("/translate", json=body)

    def get(self, path: str) -> httpx.Response:
        return self.client.get(path)

    def metric(self, name: str, labels: Mapping[str, str] | None = None) -> float:
        """The sum of the samples called ``name`` that have ``labels``."""
        wanted = (labels or {}).items()
        return sum(
            sample.value
            for family in text_string_to_metric_families(self.get("/metrics").text)
            for sample in family.samples
            if sample.name == name and wanted <= sample.labels.items()
        )

    def wait_for_metric(self, name: str, at_least: float, labels: Mapping[str, str] | None = None) -> None:
        deadline = time.monotonic() + ANSWER_SECONDS
        while self.metric(name, labels) < at_least:
            assert time.monotonic() < deadline, f"{name} stays below {at_least}"
            time.sleep(0.02)


@contextmanager
def running_service(checkpoint: Path, log: Path, settings: Mapping[str, object]) -> Iterator[RunningService]:
    """A ready service on a free port; killed in the end if it still runs."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DRAGOMAN_")}
    environment |= {"HOST": "127.0.0.1", "PORT": "0", "DRAGOMAN_CHECKPOINTS": str(checkpoint)}
    environment |= {"DRAGOMAN_THREADS": "1", "OMP_NUM_THREADS": "1"}
    environment |= {f"DRAGOMAN_{name.upper()}": str(value) for name, value in settings.items()}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "service"], env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        url = _wait_for_address(process, log)
        limits = httpx.Limits(max_connections=None)
        with httpx.Client(base_url=url, timeout=ANSWER_SECONDS, limits=limits) as client:
            service = RunningService(process, url, log, client)
            _wait_until_ready(service)
            yield service
    finally:
        process.kill()
        process.wait()


def _wait_for_address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while (found := _LISTENING.search(log.read_text())) is None:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    return found[1]


def _wait_until_ready(service: RunningService) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _is_ready(service):
        assert service.process.poll() is None, service.log.read_text()
        assert time.monotonic() < deadline, service.log.read_text()
        time.sleep(0.05)


def _is_ready(service: RunningService) -> bool:
    with suppress(httpx.TransportError):  # it has ended
        return service.get("/ready").status_code == httpx.codes.OK
    return False
