"""What is sent again, what is not, and what comes over a broken wire."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from translate_client import AsyncClient, Client, Retries, TranslatedFile, errors

SETTINGS = {"charLimit": 1000, "maxItems": 10, "keyRequired": False, "supportedFilesFormat": [".txt"]}
ANSWER = {"translatedText": ["Hello"], "score": [0.5]}
START = 'event: start\ndata: {"total":2}\n\n'
SEGMENT = 'event: segment\ndata: {"index":0,"total":2,"item":0,"translatedText":"He","score":0.5}\n\n'


def answer(status: int, **parts: Any) -> Callable[[], httpx.Response]:
    """Makes responses, since each can be read only once."""
    return lambda: httpx.Response(status, **parts)


BUSY = answer(429, json={"detail": "the queue is full"}, headers={"retry-after": "5"})

Step = Callable[[], httpx.Response] | httpx.TransportError


class Script(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers each request with the next step; settings are always known."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.paths: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/frontend/settings":
            return httpx.Response(200, json=SETTINGS)
        self.paths.append(request.url.path)
        step = self.steps.pop(0)
        if isinstance(step, httpx.TransportError):
            raise step
        return step()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self.handle_request(request)


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was slept, without sleeping."""
    slept: list[float] = []

    async def nap(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("translate_client.synchronous.sleep", slept.append)
    monkeypatch.setattr("translate_client.asynchronous.sleep", nap)
    return slept


def in_sync(script: Script, method: str, *args: Any) -> Any:
    with Client(transport=script, retries=Retries(attempts=3)) as client:
        return getattr(client, method)(*args)


def in_async(script: Script, method: str, *args: Any) -> Any:
    async def run() -> Any:
        async with AsyncClient(transport=script, retries=Retries(attempts=3)) as client:
            return await getattr(client, method)(*args)

    return asyncio.run(run())


@pytest.fixture(params=[in_sync, in_async], ids=["sync", "async"])
def ask(request: pytest.FixtureRequest) -> Callable[..., Any]:
    function: Callable[..., Any] = request.param
    return function


def test_a_refusal_is_waited_out(ask: Callable[..., Any], naps: list[float]) -> None:
    script = Script(BUSY, answer(503, json={}), answer(200, json=ANSWER))
    assert ask(script, "translate", "Hallo", "en").text == "Hello"
    assert len(script.paths) == 3
    assert naps[0] >= 5.0
    assert 0.5 <= naps[1] <= 1.0


def test_a_service_that_was_not_reached_is_tried_again(ask: Callable[..., Any], naps: list[float]) -> None:
    script = Script(httpx.ConnectError("refused"), answer(200, json=ANSWER))
    assert ask(script, "translate", "Hallo", "en").text == "Hello"
    script = Script(*[httpx.ConnectError("refused")] * 3)
    with pytest.raises(errors.CannotConnect, match="refused"):
        ask(script, "translate", "Hallo", "en")
    assert len(naps) == 3


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (httpx.ReadTimeout("slow"), errors.ConnectionBroken),
        (httpx.RemoteProtocolError("cut"), errors.ConnectionBroken),
        (answer(500, json={"detail": "failed"}), errors.TranslationFailed),
        (answer(504, json={"detail": "late"}), errors.DeadlineExceeded),
        (answer(429, headers={"retry-after": "3600"}), errors.Overloaded),
    ],
)
def test_work_that_may_have_been_done_is_not_asked_for_again(
    ask: Callable[..., Any], naps: list[float], step: Step, kind: type[Exception]
) -> None:
    script = Script(step)
    with pytest.raises(kind):
        ask(script, "translate", "Hallo", "en")
    assert (len(script.paths), naps) == (1, [])


def test_what_merely_reads_is_asked_for_again(ask: Callable[..., Any], naps: list[float]) -> None:
    languages = [{"code": "de", "name": "German", "targets": ["en"]}]
    script = Script(httpx.ReadTimeout("slow"), answer(200, json=languages))
    assert ask(script, "languages")[0].code == "de"
    assert len(naps) == 1


def test_a_file_is_sent_and_its_translation_fetched(
    ask: Callable[..., Any], naps: list[float], tmp_path: Any
) -> None:
    path = tmp_path / "note.txt"
    path.write_text("Hallo", encoding="utf-8")
    script = Script(
        BUSY,
        answer(200, json={"document_id": "1", "document_key": "k"}),
        answer(200, json={"status": "queued", "progress": 0}),
        httpx.ReadError("cut"),
        answer(200, json={"status": "translating", "progress": 0.5}),
        answer(200, json={"status": "done", "progress": 1}),
        answer(200, content=b"Hello", headers={"content-disposition": "attachment; filename=note_en.txt"}),
        answer(204),
    )
    assert ask(script, "translate_file", path, "en") == TranslatedFile("note_en.txt", b"Hello")
    status = "/v2/document/1"
    assert script.paths == ["/v2/document"] * 2 + [status] * 4 + [f"{status}/result", status]


def test_a_file_that_fails_is_forgotten(ask: Callable[..., Any], naps: list[float], tmp_path: Any) -> None:
    path = tmp_path / "note.txt"
    path.write_text("Hallo", encoding="utf-8")
    script = Script(
        answer(200, json={"document_id": "1", "document_key": "k"}),
        answer(200, json={"status": "error", "error_message": "it is empty"}),
        answer(404, json={}),
    )
    with pytest.raises(errors.TranslationFailed, match="it is empty"):
        ask(script, "translate_file", path, "en")
    assert script.paths[-1] == "/v2/document/1"


def events(*parts: str, error: httpx.TransportError | None = None) -> Step:
    class Body(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield from (part.encode() for part in parts)
            if error is not None:
                raise error

    return answer(200, stream=Body(), headers={"content-type": "text/event-stream"})


def stream(*steps: Step) -> tuple[list[str], str]:
    seen: list[str] = []
    with Client(transport=Script(*steps)) as client, client.stream("Hallo", "en") as sentences:
        try:
            seen.extend(segment.text for segment in sentences)
        except errors.TranslateError as error:
            return seen, type(error).__name__
        return seen, sentences.results[0].text


def test_events_come_in_any_pieces_and_with_comments() -> None:
    odd = '{"index":1,"total":2,"item":0,"translatedText":"l\\u2028lo\\n","score":0.5}'.replace(
        "\\u2028", "\u2028"
    )
    done = 'event: done\ndata: {"translatedText":["Hello\\n"],"score":[0.5]}\n\n'
    whole = (
        START
        + ": ping\n\n"
        + SEGMENT
        + f"event: segment\ndata: {odd}\n\n"
        + "event: new\ndata: {}\n\n"
        + done
    )
    assert stream(events(whole)) == (["He", "l\u2028lo\n"], "Hello\n")
    assert stream(events(*whole)) == (["He", "l\u2028lo\n"], "Hello\n")
    assert stream(events(whole.replace("\n\n", "\r\n\r\n"))) == (["He", "l\u2028lo\n"], "Hello\n")


@pytest.mark.parametrize(
    ("step", "seen", "error"),
    [
        (events(START, SEGMENT), ["He"], "ConnectionBroken"),
        (events(START, SEGMENT, error=httpx.ReadError("cut")), ["He"], "ConnectionBroken"),
        (events(START, SEGMENT, 'event: error\ndata: {"status":504}\n\n'), ["He"], "DeadlineExceeded"),
        (events(START, "event: segment\ndata: {oops\n\n"), [], "UnexpectedAnswer"),
        (events(START, SEGMENT.replace('"item":0', '"item":7')), [], "UnexpectedAnswer"),
        (answer(200, json=ANSWER), [], "UnexpectedAnswer"),
        (answer(400, json={"detail": "q: wrong"}), [], "InvalidRequest"),
    ],
)
def test_a_stream_that_goes_wrong(step: Step, seen: list[str], error: str) -> None:
    assert stream(step) == (seen, error)
