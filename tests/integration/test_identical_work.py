"""The same text, asked for by many at once, is decoded once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.integration.running_service import RunningService, running_service

CLIENTS = 50
LONG = "ein sehr langer Satz ohne ein Ende " * 3
RESULTS = ("hit", "miss", "coalesced", "bypass")


@pytest.fixture(scope="module")
def service(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    log = tmp_path_factory.mktemp("identical") / "log"
    with running_service(tiny_checkpoint, log, {"max_running_rows": 2, "second_tries": False}) as service:
        yield service


def asked(service: RunningService) -> list[float]:
    return [service.metric("translation_cache_requests_total", {"result": result}) for result in RESULTS]


def decoded(service: RunningService) -> float:
    return service.metric("translation_stage_seconds_count", {"stage": "decode"})


def test_fifty_identical_requests_are_decoded_once_and_answered_alike(service: RunningService) -> None:
    before = asked(service)
    with ThreadPoolExecutor(CLIENTS) as clients:
        answers = list(clients.map(lambda _: service.translate(LONG, alternatives=1), range(CLIENTS)))
    assert [answer.status_code for answer in answers] == [200] * CLIENTS
    assert len({(answer.json()["translatedText"], *answer.json()["alternatives"]) for answer in answers}) == 1
    hits, misses, coalesced, bypasses = (
        after - earlier for after, earlier in zip(asked(service), before, strict=True)
    )
    assert (misses, bypasses, hits + coalesced) == (1, 0, CLIENTS - 1)
    assert coalesced > 0
    assert decoded(service) == 1


def test_what_is_asked_otherwise_is_decoded_again(service: RunningService) -> None:
    before = decoded(service)
    service.translate("Der Zug fährt.").raise_for_status()
    service.translate("Der Zug fährt.").raise_for_status()
    assert decoded(service) == before + 1
    service.translate("Der Zug fährt.", alternatives=2).raise_for_status()
    service.translate("Der Zug fährt.", source="en", target="de").raise_for_status()
    assert decoded(service) == before + 3


def test_one_client_that_leaves_takes_nothing_from_the_others(service: RunningService) -> None:
    text = f"{LONG} und noch mehr"
    before = decoded(service)
    with ThreadPoolExecutor(2) as clients:
        waiting = clients.submit(service.translate, text)
        service.wait_for_metric("translation_running_segments", at_least=1)
        hurried = service.translate(text, deadline_ms=1)
        answer = waiting.result()
    assert hurried.status_code in {200, 504}
    assert answer.status_code == 200
    assert decoded(service) == before + 1
    assert service.translate(text).json()["translatedText"] == answer.json()["translatedText"]
    assert decoded(service) == before + 1
