"""POST /translate with ``Accept: text/event-stream``."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.sse import format_sse_event

from model.decoding.hypothesis import Translation
from model.tokenizer import Tokenizer
from service.api import feed
from service.api.streaming import wants_events
from service.engine.request import SegmentRequest
from service.errors import Overloaded, TranslationFailed
from tests.service.api.conversation import Conversation
from tests.service.fakes import EchoEngine, echo
from tests.service.harness import asynchronous, ready_app, ready_client

STREAM = {"accept": "text/event-stream"}
THREE = {"q": " Eins.\n\nZwei. Drei!\t", "source": "de", "target": "en"}


@asynccontextmanager
async def conversation(
    checkpoint: Path,
    engine: EchoEngine,
    body: Mapping[str, Any] = THREE,
    limits: Mapping[str, object] | None = None,
) -> AsyncIterator[tuple[Conversation, httpx.AsyncClient]]:
    async with ready_app(checkpoint, engine, limits) as (app, client):
        talk = Conversation(app, "/translate", body, STREAM)
        yield talk, client
        await talk.task


def failing_on(tokenizer: Tokenizer, text: str, error: Exception) -> EchoEngine:
    poison = tuple(tokenizer.source_ids(text, "en"))

    def translate(request: SegmentRequest) -> Translation:
        if request.source == poison:
            raise error
        return echo(request)

    return EchoEngine(translate)


async def counted(client: httpx.AsyncClient, outcome: str) -> bool:
    line = f'translation_requests_total{{api="libretranslate",outcome="{outcome}"}} 1.0'
    return line in (await client.get("/metrics")).text


@asynchronous
async def test_each_sentence_is_sent_when_it_and_those_before_it_are_done(tiny_checkpoint: Path) -> None:
    engine = EchoEngine(holding=True)
    async with conversation(tiny_checkpoint, engine) as (talk, _):
        status, headers = await talk.start()
        assert (status, headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")
        assert "content-length" not in headers
        assert len(headers["x-request-id"]) == 32
        assert await talk.event() == ("start", {"total": 3})
        engine.finish(1)
        first = asyncio.ensure_future(talk.event())
        await asyncio.sleep(0.01)
        assert not first.done()
        engine.finish(0)
        for expected in ((0, " Eins.\n\n"), (1, "Zwei. ")):
            name, data = await first or ("", {})
            assert (name, data["index"], data["translatedText"]) == ("segment", *expected)
            assert (data["total"], data["item"]) == (3, 0)
            first = asyncio.ensure_future(talk.event())
        engine.finish(2)
        await first
        assert [name for name, _ in await talk.events()] == ["done"]


@pytest.mark.parametrize(
    "body",
    [
        {"q": THREE["q"], "source": "de", "alternatives": 2},
        {"q": ["Eins. Zwei.", "", " 7 ", "Ein alter Hund.\r\n\r\n"], "source": "de"},
        {
            "q": ["Das ist ein alter Hund.", "This is an old dog. Is it?", "Wo ist er? Hier."],
            "source": "auto",
        },
        {"q": "Where is the station? Is it here?", "source": "auto"},
        {"q": "Eins. Zwei.", "source": "en"},
        {"q": [], "source": "de"},
        {"q": [], "source": "auto"},
        {"q": "", "source": "de"},
        {"q": "Der Hund läuft. " * 200, "source": "de"},
    ],
)
@asynchronous
async def test_a_stream_tells_what_the_plain_answer_does(tiny_checkpoint: Path, body: dict[str, Any]) -> None:
    body = {**body, "target": "en"}
    async with ready_app(tiny_checkpoint) as (app, client):
        plain = (await client.post("/translate", json=body)).json()
        talk = Conversation(app, "/translate", body, STREAM)
        await talk.start()
        (start, begun), *segments, (done, answer) = await talk.events()
    assert (start, done) == ("start", "done")
    assert answer == plain
    assert begun.get("detectedLanguage") == plain.get("detectedLanguage")
    assert [(name, data["index"]) for name, data in segments] == [
        ("segment", index) for index in range(begun["total"])
    ]
    texts = body["q"] if isinstance(body["q"], list) else [body["q"]]
    joined = [
        "".join(data["translatedText"] for _, data in segments if data["item"] == item)
        for item in range(len(texts))
    ]
    assert joined == (plain["translatedText"] if isinstance(body["q"], list) else [plain["translatedText"]])


@pytest.mark.parametrize(
    ("body", "refusal", "status"),
    [
        ({"q": "Eins.", "source": "xx", "target": "en"}, None, 400),
        ({"source": "de", "target": "en"}, None, 400),
        ({"q": "x" * 200_000, "source": "de", "target": "en"}, None, 413),
        (THREE, Overloaded("the queue is full", retry_after_seconds=7), 429),
    ],
)
@asynchronous
async def test_what_is_refused_is_an_ordinary_error(
    tiny_checkpoint: Path, body: dict[str, Any], refusal: Exception | None, status: int
) -> None:
    async with ready_client(tiny_checkpoint, EchoEngine(refusal=refusal)) as client:
        response = await client.post("/translate", json=body, headers=STREAM)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers.get("retry-after") == ("7" if refusal else None)


@asynchronous
async def test_a_failure_on_the_way_is_an_event(tiny_checkpoint: Path, tiny_tokenizer: Tokenizer) -> None:
    failure = TranslationFailed("this segment makes the network fail")
    engine = failing_on(tiny_tokenizer, "Zwei.", failure)
    async with conversation(tiny_checkpoint, engine) as (talk, client):
        _, headers = await talk.start()
        events = await talk.events()
        assert [name for name, _ in events] == ["start", "segment", "error"]
        problem = events[-1][1]
        assert (problem["status"], problem["type"]) == (500, "/problems/translation-failed")
        assert problem["detail"] == problem["error"] == str(failure)
        assert problem["request_id"] == headers["x-request-id"]
        await talk.task
        assert await counted(client, "failed")


@asynchronous
async def test_an_unexpected_failure_says_nothing_of_itself(
    tiny_checkpoint: Path, tiny_tokenizer: Tokenizer, caplog: pytest.LogCaptureFixture
) -> None:
    engine = failing_on(tiny_tokenizer, "Zwei.", RuntimeError("geheim"))
    with caplog.at_level(logging.CRITICAL, "service.request"):
        async with conversation(tiny_checkpoint, engine) as (talk, client):
            await talk.start()
            name, problem = (await talk.events())[-1]
            await talk.task
            assert await counted(client, "failed")
    assert (name, problem["status"], problem["type"]) == ("error", 500, "/problems/internal-error")
    assert "geheim" not in str(problem)


@asynchronous
async def test_a_client_that_leaves_takes_its_segments_along(tiny_checkpoint: Path) -> None:
    engine = EchoEngine(holding=True)
    async with conversation(tiny_checkpoint, engine) as (talk, client):
        await talk.start()
        engine.finish(0)
        for _ in range(2):
            await talk.event()
        talk.leave()
        await talk.task
        assert [ticket.future.cancelled() for ticket in engine.tickets] == [False, True, True]
        assert await counted(client, "cancelled")


@asynchronous
async def test_a_client_that_leaves_before_anything_is_sent(tiny_checkpoint: Path) -> None:
    body = {**THREE, "q": "Eins. " * 2000}  # planned on a thread, which takes a moment
    engine = EchoEngine(holding=True)
    async with conversation(tiny_checkpoint, engine, body) as (talk, client):
        talk.leave()
        await talk.task
        assert all(ticket.future.cancelled() for ticket in engine.tickets)
        assert await counted(client, "cancelled")


@asynchronous
async def test_silence_is_filled(tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "HEARTBEAT_SECONDS", 0.02)
    engine = EchoEngine(holding=True)
    async with conversation(tiny_checkpoint, engine) as (talk, _):
        await talk.start()
        await talk.event()
        for _ in range(3):
            assert await talk.event() == ("", "ping")
        engine.release()
        names = [name for name, _ in await talk.events() if name]
    assert names == ["segment"] * 3 + ["done"]


@asynchronous
async def test_what_is_not_read_is_not_made(tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bytes] = []

    def watched(*, event: str, data_str: str) -> bytes:
        made.append(format_sse_event(event=event, data_str=data_str))
        return made[-1]

    monkeypatch.setattr("service.api.feed.format_sse_event", watched)
    body = {**THREE, "q": "Ja. " * 100}
    async with conversation(tiny_checkpoint, EchoEngine(), body) as (talk, _):
        talk.reading.clear()
        await asyncio.sleep(0.1)
        assert len(made) <= 3, "one with the server, one on its way, one in the making"
        talk.reading.set()
        await talk.start()
        assert len(await talk.events()) == 102


@asynchronous
async def test_a_client_that_does_not_read_is_let_go_after_the_deadline(
    tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "SENDING_GRACE_SECONDS", 0.0)
    body = {**THREE, "deadline_ms": 50}
    async with conversation(tiny_checkpoint, EchoEngine(), body) as (talk, client):
        talk.reading.clear()
        await talk.task
        assert await counted(client, "deadline")


@asynchronous
async def test_a_deadline_on_the_way_is_an_event(
    tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.running_job.DEADLINE_GRACE_SECONDS", 0.0)
    engine = EchoEngine(holding=True)
    async with conversation(tiny_checkpoint, engine, {**THREE, "deadline_ms": 200}) as (talk, client):
        await talk.start()
        engine.finish(0)
        events = await talk.events()
        assert [name for name, _ in events] == ["start", "segment", "error"]
        assert events[-1][1]["status"] == 504
        await talk.task
        assert all(ticket.future.done() for ticket in engine.tickets)
        assert await counted(client, "deadline")


@asynchronous
async def test_what_was_sent_is_paid_for(tiny_checkpoint: Path) -> None:
    engine = EchoEngine(holding=True)
    body = {**THREE, "q": "Eins. Zwei. Drei. Vier."}
    limits = {"character_quota": len(body["q"])}
    async with conversation(tiny_checkpoint, engine, body, limits) as (talk, client):
        await talk.start()
        engine.finish(0)
        for _ in range(2):
            await talk.event()
        talk.leave()
        await talk.task
        assert (await client.get("/v2/usage")).json()["character_count"] == len(body["q"]) // 4
        response = await client.post("/translate", json=body, headers=STREAM)
        assert (response.status_code, response.json()["type"]) == (403, "/problems/key-refused")


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("text/event-stream", True),
        ("Text/Event-Stream;q=0.5", True),
        ("application/json, text/event-stream", True),
        ("text/event-stream; q=0.2, application/json; q=0.9", False),
        ("text/event-stream;q=0", False),
        ("text/event-stream;q=much", False),
        ("application/json", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_a_stream_is_sent_to_those_who_name_it(accept: str, wanted: bool) -> None:
    assert wants_events(accept) == wanted
