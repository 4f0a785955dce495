"""The composed stack: it translates, and Prometheus has counted it.

Start it with ``docker compose up --wait``, then run with ``SYSTEM_TEST_URL=http://127.0.0.1:8000``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

SERVICE = os.environ.get("SYSTEM_TEST_URL", "")
PROMETHEUS = os.environ.get("SYSTEM_TEST_PROMETHEUS_URL", "http://127.0.0.1:9090")

pytestmark = [
    pytest.mark.containers,
    pytest.mark.skipif(not SERVICE, reason="no stack: SYSTEM_TEST_URL is not set"),
]


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(base_url=SERVICE, timeout=30.0) as client:
        yield client


def translate(client: httpx.Client, texts: list[str], source: str, target: str) -> list[str]:
    body = {"q": texts, "source": source, "target": target}
    response = client.post("/translate", json=body)
    assert response.status_code == 200, response.text
    translations: list[str] = response.json()["translatedText"]
    return translations


def prometheus_value(query: str) -> float:
    """The sum of an instant query's series; 0 for none."""
    response = httpx.get(f"{PROMETHEUS}/api/v1/query", params={"query": query}, timeout=10.0)
    response.raise_for_status()
    body: dict[str, Any] = response.json()
    return sum(float(series["value"][1]) for series in body["data"]["result"])


def wait_until_at_least(query: str, wanted: float, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while (seen := prometheus_value(query)) < wanted:
        assert time.monotonic() < deadline, f"{query}: {seen} after {seconds} s, not {wanted}"
        time.sleep(1.0)


def test_it_translates_both_ways(client: httpx.Client) -> None:
    [english] = translate(client, ["Wo ist der Bahnhof?"], "de", "en")
    assert "station" in english.lower()
    [german] = translate(client, ["Where is the train station?"], "en", "de")
    assert "bahnhof" in german.lower()


def test_it_is_healthy_and_ready(client: httpx.Client) -> None:
    assert client.get("/health").json() == {"status": "ok"}
    assert client.get("/ready").status_code == 200


def test_prometheus_counts_what_was_translated(client: httpx.Client) -> None:
    query = 'translation_requests_total{job="dragoman",outcome="ok"}'
    wait_until_at_least('up{job="dragoman"}', 1)
    before = prometheus_value(query)
    for number in range(5):
        translate(client, [f"Das ist Satz {number}."], "de", "en")
    wait_until_at_least(query, before + 5)


def test_prometheus_accepts_the_alert_rules() -> None:
    response = httpx.get(f"{PROMETHEUS}/api/v1/rules", timeout=10.0)
    groups = response.json()["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert rules
    assert all(rule["health"] in {"ok", "unknown"} for rule in rules), rules
