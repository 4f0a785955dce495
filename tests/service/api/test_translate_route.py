"""POST /translate over ASGI, with an engine that gives back what it is given."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import pytest

from service.engine.request import Priority
from tests.service.api.conversation import Conversation
from tests.service.fakes import TOKEN_LOG_PROB, EchoEngine
from tests.service.harness import asynchronous, ready_app, ready_client

SCORE = math.exp(TOKEN_LOG_PROB)


def body(q: Any, **more: Any) -> dict[str, Any]:
    return {"q": q, "source": "de", "target": "en", **more}


@asynchronous
async def test_a_string_gives_a_string(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint) as client:
        response = await client.post("/translate", json=body(" Ein Hund.\n\nZwei Hunde! "))
    assert response.status_code == 200
    assert response.json() == {
        "translatedText": " Ein Hund.\n\nZwei Hunde! ",
        "score": pytest.approx(SCORE),
    }


@asynchronous
async def test_a_list_gives_lists(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint) as client:
        response = await client.post("/translate", json=body(["Ein Hund.", "", "12"]))
        empty = await client.post("/translate", json=body([]))
    assert response.json() == {
        "translatedText": ["Ein Hund.", "", "12"],
        "score": [pytest.approx(SCORE), 1.0, 1.0],
    }
    assert empty.json() == {"translatedText": [], "score": []}


@asynchronous
async def test_alternatives_appear_only_when_asked_for(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint) as client:
        for none in (None, 0, "0"):
            response = await client.post("/translate", json=body("Ein Hund.", alternatives=none))
            assert set(response.json()) == {"translatedText", "score"}
        one = (await client.post("/translate", json=body("Ein Hund.", alternatives="2"))).json()
        many = (await client.post("/translate", json=body(["Ein Hund.", "7"], alternatives=2))).json()
    assert one["alternatives"] == ["Ein Hund", "Ein Hun"]
    assert many["alternatives"] == [one["alternatives"], []]


@pytest.mark.parametrize(
    "more",
    [
        {"api_key": None},
        {"api_key": "secret", "apiKey": "misspelt", "unknown": {"a": 1}},
        {"format": "text"},
        {"source": "DE", "target": "en-US"},
        {"deadline_ms": None},
        {"deadline_ms": 30_000, "priority": "bulk"},
    ],
)
@asynchronous
async def test_what_clients_send_is_accepted(tiny_checkpoint: Path, more: dict[str, Any]) -> None:
    async with ready_client(tiny_checkpoint) as client:
        response = await client.post("/translate", json=body("Ein Hund.", **more))
    assert response.status_code == 200, response.text


@asynchronous
async def test_priority_and_deadline_reach_the_engine(tiny_checkpoint: Path) -> None:
    engine = EchoEngine()
    async with ready_client(tiny_checkpoint, engine, {"default_deadline_seconds": 7}) as client:
        await client.post("/translate", json=body("Eins.", priority="bulk", deadline_ms=90_000))
        await client.post("/translate", json=body("Zwei."))
        now = time.monotonic()
    priorities = [request.priority for request in engine.requests]
    deadlines = [request.deadline for request in engine.requests]
    assert priorities == [Priority.BULK, Priority.INTERACTIVE]
    assert deadlines == [pytest.approx(now + 90, abs=2), pytest.approx(now + 7, abs=2)]


@asynchronous
async def test_the_same_language_comes_back_unchanged(tiny_checkpoint: Path) -> None:
    engine = EchoEngine()
    async with ready_client(tiny_checkpoint, engine) as client:
        response = await client.post("/translate", json=body("ﬁn  ", target="de-AT"))
    assert response.json() == {"translatedText": "ﬁn  ", "score": 1.0}
    assert engine.requests == []


@asynchronous
async def test_server_timing_and_request_id_are_in_the_headers(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint) as client:
        mine = await client.post("/translate", json=body("Eins."), headers={"X-Request-ID": "abc-1.2:3_4"})
        odd = await client.post("/translate", json=body("Eins."), headers={"X-Request-ID": "a b"})
    assert mine.headers["x-request-id"] == "abc-1.2:3_4"
    assert len(odd.headers["x-request-id"]) == 32
    timings = [part.split(";dur=") for part in mine.headers["server-timing"].split(", ")]
    assert [name for name, _ in timings] == ["queue", "decode", "total"]
    assert [float(value) for _, value in timings[:2]] == [500.0, 1500.0]
    assert float(timings[2][1]) > 0


@asynchronous
async def test_a_client_that_leaves_takes_its_segments_along(tiny_checkpoint: Path) -> None:
    engine = EchoEngine(holding=True)
    async with ready_app(tiny_checkpoint, engine) as (app, client):
        talk = Conversation(app, "/translate", body("Eins. Zwei."), {})
        await engine.submitted.wait()
        assert not any(ticket.future.done() for ticket in engine.tickets)
        talk.leave()
        await talk.task
        assert len(engine.tickets) == 2
        assert all(ticket.future.cancelled() for ticket in engine.tickets)
        metrics = (await client.get("/metrics")).text
    assert 'translation_requests_total{api="libretranslate",outcome="cancelled"} 1.0' in metrics
