"""Two replicas and a Redis between them, which goes away and comes back while they translate."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from service.cache.grace import PATIENCE_SECONDS
from tests.integration.running_service import ANSWER_SECONDS, RunningService, running_service
from tests.redis_server import RedisServer, running_redis

LONG = "ein sehr langer Satz ohne ein Ende " * 3
REDIS_ANSWER_SECONDS = 1.0


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def replicas(
    redis_server: RedisServer, tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[RunningService]]:
    settings = {
        "redis_url": redis_server.url,
        "redis_secret": "only-for-these-tests",
        "redis_timeout_seconds": REDIS_ANSWER_SECONDS,
        "second_tries": False,  # what random weights write is mostly flagged
    }
    folder = tmp_path_factory.mktemp("replicas")
    with ExitStack() as stack:
        yield [
            stack.enter_context(running_service(tiny_checkpoint, folder / name, settings))
            for name in ("first", "second")
        ]


def decoded(service: RunningService) -> float:
    return service.metric("translation_stage_seconds_count", {"stage": "decode"})


def found_in_redis(service: RunningService) -> float:
    return service.metric("translation_cache_lookups_total", {"tier": "redis", "result": "hit"})


def test_what_one_replica_has_translated_the_other_answers_without_decoding(
    replicas: list[RunningService],
) -> None:
    first, second = replicas
    text = "Der Zug fährt.\nWo ist er?"
    answer = first.translate(text, alternatives=1).json()
    first.wait_for_metric("translation_cache_writes_total", 2, {"result": "stored"})
    assert second.translate(text, alternatives=1).json() == answer
    assert decoded(second) == 0
    assert found_in_redis(second) == 2
    assert second.translate(text, alternatives=1).json() == answer
    assert found_in_redis(second) == 2, "it is in this process's memory by now"


def test_nothing_readable_and_no_pickle_is_in_redis(
    replicas: list[RunningService], redis_server: RedisServer
) -> None:
    replicas[0].translate("Geheimnis").raise_for_status()
    replicas[0].wait_for_metric("translation_cache_writes_total", 1, {"result": "stored"})
    with redis_server.client() as client:
        names = client.keys("*")
        assert isinstance(names, list)
        values = client.mget(names)
    assert values
    for value in values:
        assert isinstance(value, bytes)
        json.loads(value[16:])
        assert b"Geheimnis" not in value
    assert not any("Geheimnis" in str(name) for name in names)


def test_redis_going_away_under_load_costs_no_answer(
    replicas: list[RunningService], redis_server: RedisServer
) -> None:
    first, second = replicas
    texts = [f"Satz {number // 2}." for number in range(200)]
    with ThreadPoolExecutor(8) as clients:
        answers = [clients.submit(replicas[n % 2].translate, text) for n, text in enumerate(texts)]
        answers[20].result()
        redis_server.kill()
        results = [answer.result() for answer in answers]
    assert {answer.status_code for answer in results} == {200}
    for one, other in zip(results[::2], results[1::2], strict=True):
        assert one.json()["translatedText"] == other.json()["translatedText"]
    first.translate("Noch ein Satz.").raise_for_status()
    assert first.metric("translation_cache_redis_outage") == 1
    warned = [line for line in first.log.read_text().splitlines() if "without the shared cache" in line]
    assert len(warned) == 1
    redis_server.start()
    wait_for_the_end_of_the_outage(first)
    wait_for_the_end_of_the_outage(second)
    text = "Das ist neu."
    answer = first.translate(text).json()
    first.wait_for_metric("translation_cache_writes_total", 1, {"result": "stored"})
    before = decoded(second)
    assert second.translate(text).json() == answer
    assert decoded(second) == before


def wait_for_the_end_of_the_outage(service: RunningService) -> None:
    """Redis is asked again when a request has to be looked up there."""
    deadline, number = time.monotonic() + ANSWER_SECONDS, 0
    while service.metric("translation_cache_redis_outage"):
        assert time.monotonic() < deadline, "it is not asked again"
        number += 1
        service.translate(f"Versuch {number}").raise_for_status()
        time.sleep(0.1)


def test_a_client_that_hangs_up_and_tries_again_goes_on_where_it_was(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    texts = [f"{LONG} {number}" for number in range(500)]
    # In int8 nothing would be left to wait for.
    settings = {
        "max_running_rows": 4,
        "cache_grace_seconds": 60,
        "precision": "float32",
        "second_tries": False,
    }
    with running_service(tiny_checkpoint, tmp_path / "log", settings) as service:
        body = json.dumps({"q": texts, "source": "de", "target": "en"})
        head = f"Host: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        address = urlsplit(service.url)
        with socket.create_connection((address.hostname, address.port)) as client:
            client.sendall(f"POST /translate HTTP/1.1\r\n{head}\r\n\r\n{body}".encode())
            service.wait_for_metric("translation_queue_segments", at_least=1)
            time.sleep(PATIENCE_SECONDS)
        service.wait_for_metric("translation_requests_total", 1, {"outcome": "cancelled"})
        assert service.metric("translation_queue_segments") == 0
        assert service.metric("translation_cancelled_total", {"stage": "queued"}) > 0
        assert service.metric("translation_cancelled_total", {"stage": "decoding"}) == 0
        done = decoded(service)
        running = service.metric("translation_running_segments")
        asked_before = service.metric("translation_cache_requests_total", {"result": "miss"})
        again = service.translate(texts[: int(done + running)])
        assert again.status_code == 200
        assert service.metric("translation_cache_requests_total", {"result": "miss"}) == asked_before
