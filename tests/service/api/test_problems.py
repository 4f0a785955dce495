"""Every failure is a problem of RFC 9457, whose body serves LibreTranslate's and DeepL's clients too."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.engine.request import SegmentRequest
from service.errors import (
    DeadlineExceeded,
    NotReady,
    Overloaded,
    ServiceError,
    TextTooLarge,
    TranslationFailed,
)
from tests.service.fakes import IDLE, EchoEngine
from tests.service.harness import asynchronous, ready_client

MARKER = "Geheimnis"
LIMITS = {
    "max_request_characters": 100,
    "max_request_items": 3,
    "max_body_bytes": 2000,
    "max_alternatives": 2,
}
MEMBERS = {"type", "title", "status", "detail", "error", "message", "request_id"}


def check(response: httpx.Response, status: int, slug: str, *fragments: str) -> None:
    """Fail unless ``response`` is the problem ``slug`` and says each of ``fragments``."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert set(problem) == MEMBERS
    assert all(isinstance(problem[member], str) for member in MEMBERS - {"status"})
    assert (problem["status"], problem["type"]) == (status, f"/problems/{slug}")
    assert problem["error"] == problem["message"] == problem["detail"]
    assert problem["request_id"] == response.headers["x-request-id"]
    for fragment in fragments:
        assert fragment in problem["detail"]
    assert MARKER not in response.text


@dataclass
class Case:
    """A request and the problem it must meet."""

    status: int
    slug: str
    says: tuple[str, ...]
    json: Any = None
    content: bytes | None = None
    method: str = "POST"
    path: str = "/translate"
    headers: dict[str, str] = field(default_factory=dict)


def body(**changes: Any) -> dict[str, Any]:
    return {"q": MARKER, "source": "de", "target": "en", **changes}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in body().items() if key != name}


INVALID = (400, "invalid-request")
JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
CASES = {
    "q missing": Case(*INVALID, ("q: field required",), without("q")),
    "source missing": Case(*INVALID, ("source: field required",), without("source")),
    "target missing": Case(*INVALID, ("target: field required",), without("target")),
    "all missing": Case(*INVALID, ("q: ", "source: ", "target: "), {}),
    "q null": Case(*INVALID, ("q: must be a string or a list of strings",), body(q=None)),
    "q number": Case(*INVALID, ("q: must be a string or a list of strings",), body(q=7)),
    "q object": Case(*INVALID, ("q: must be a string or a list of strings",), body(q={"a": MARKER})),
    "q list": Case(*INVALID, ("q: ", "item 1"), body(q=["ok", [MARKER]])),
    "surrogate": Case(*INVALID, ("q: must be valid Unicode", "character 3"), body(q="abc\ud800")),
    "surrogate in a list": Case(*INVALID, ("q: ", "item 1"), body(q=["ok", "\udfff"])),
    "source number": Case(*INVALID, ("source: ",), body(source=1)),
    "details of html": Case(*INVALID, ("format: html",), body(format="html", details=True)),
    "format unknown": Case(*INVALID, ("format: ", "'text' or 'html'"), body(format=MARKER)),
    "alternatives negative": Case(*INVALID, ("alternatives: ",), body(alternatives=-1)),
    "alternatives text": Case(*INVALID, ("alternatives: ",), body(alternatives=MARKER)),
    "alternatives many": Case(*INVALID, ("alternatives: must be at most 2",), body(alternatives=3)),
    "priority": Case(*INVALID, ("priority: ", "'interactive' or 'bulk'"), body(priority=MARKER)),
    "deadline zero": Case(*INVALID, ("deadline_ms: ",), body(deadline_ms=0)),
    "deadline far": Case(*INVALID, ("deadline_ms: must be at most 600000",), body(deadline_ms=600_001)),
    "source unknown": Case(
        400, "unsupported-language", ("source: ", "available are de, en"), body(source="xx")
    ),
    "target unknown": Case(
        400, "unsupported-language", ("target: ", "available are de, en"), body(target=MARKER)
    ),
    "too many characters": Case(
        413, "too-large", ("101 characters", "at most 100"), body(q=["x" * 50, "y" * 51])
    ),
    "too many texts": Case(413, "too-large", ("4 texts", "at most 3"), body(q=["x"] * 4)),
    "too many bytes": Case(413, "too-large", ("2000 bytes",), body(q=MARKER * 500)),
    "no body": Case(*INVALID, ("q: field required", "source: field required")),
    "form": Case(*INVALID, ("source: field required",), content=b"q=Geheimnis", headers=FORM),
    "form not in UTF-8": Case(*INVALID, ("not in UTF-8",), content=b"q=%ff&source=de", headers=FORM),
    "form of bytes": Case(*INVALID, ("not in UTF-8",), content=b"q=\xff", headers=FORM),
    "query not in UTF-8": Case(*INVALID, ("query string", "UTF-8"), path="/translate?q=%ff&target=en"),
    "JSON said to be a form": Case(
        *INVALID, ("looks like JSON", "content-type: application/json"), content=b'{"q": "a"}', headers=FORM
    ),
    "many fields": Case(*INVALID, ("more than 10000 parameters",), path="/translate?" + "&" * 10_000 + "q=a"),
    "multipart without boundary": Case(
        *INVALID, ("multipart",), content=b"--x\r\n", headers={"content-type": "multipart/form-data"}
    ),
    "multipart with a file": Case(
        *INVALID,
        ("without files",),
        content=b'--x\r\nContent-Disposition: form-data; name="q"; filename="a"\r\n\r\nb\r\n--x--\r\n',
        headers={"content-type": "multipart/form-data; boundary=x"},
    ),
    "key number": Case(*INVALID, ("api_key: must be a string",), body(api_key=7)),
    "file": Case(*INVALID, ("multipart/form-data",), path="/translate_file"),
    "detect nothing": Case(*INVALID, ("q: field required",), path="/detect"),
    "detect a list": Case(*INVALID, ("q: ", "string"), {"q": [MARKER]}, path="/detect"),
    "detect too much": Case(413, "too-large", ("101 characters",), {"q": "x" * 101}, path="/detect"),
    "no JSON": Case(*INVALID, ("not valid JSON", "character 6"), content=b'{"q": Geheimnis', headers=JSON),
    "no UTF-8": Case(*INVALID, ("not in UTF-8",), content=b'{"q": "\xff\xfe"}', headers=JSON),
    "deep JSON": Case(*INVALID, (), content=b"[" * 1900, headers=JSON),
    "JSON list": Case(*INVALID, ("the body must be a JSON object",), [MARKER]),
    "unknown path": Case(404, "not-found", (), path=f"/{MARKER}"),
    "wrong method": Case(405, "method-not-allowed", (), method="GET"),
    "unknown method": Case(405, "method-not-allowed", (), method="GEHEIM"),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@asynchronous
async def test_bad_requests(tiny_checkpoint: Path, case: Case) -> None:
    async with ready_client(tiny_checkpoint, limits=LIMITS) as client:
        content, headers = case.content, case.headers
        if case.json is not None:  # in ASCII, which can spell what UTF-8 cannot
            content, headers = json.dumps(case.json).encode(), JSON
        response = await client.request(case.method, case.path, content=content, headers=headers)
    check(response, case.status, case.slug, *case.says)


@asynchronous
async def test_a_body_of_unknown_length_is_refused_while_it_comes(tiny_checkpoint: Path) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1000
            yield b" " * 1000

    async with ready_client(tiny_checkpoint, limits=LIMITS) as client:
        response = await client.post("/translate", content=endless(), headers=JSON)
    check(response, 413, "too-large", "2000 bytes")
    assert sent == 3000


@pytest.mark.parametrize(
    ("error", "status", "slug"),
    [
        (Overloaded("the queue is full", retry_after_seconds=7), 429, "overloaded"),
        (NotReady("draining"), 503, "not-ready"),
        (DeadlineExceeded("too late"), 504, "deadline-exceeded"),
        (TranslationFailed("this segment makes the network fail"), 500, "translation-failed"),
        (TextTooLarge("more than the queue holds"), 413, "too-large"),
    ],
)
@asynchronous
async def test_failures_of_the_engine(
    tiny_checkpoint: Path, error: ServiceError, status: int, slug: str
) -> None:
    async with ready_client(tiny_checkpoint, EchoEngine(refusal=error)) as client:
        refused = await client.post("/translate", json=body())

    def fail(request: SegmentRequest) -> Any:
        raise error

    async with ready_client(tiny_checkpoint, EchoEngine(translate=fail)) as client:
        failed = await client.post("/translate", json=body())
    for response in (refused, failed):
        check(response, status, slug, str(error))
        assert response.headers.get("retry-after") == ("7" if status == 429 else None)


@asynchronous
async def test_an_unexpected_error_tells_nothing(
    tiny_checkpoint: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine = EchoEngine(refusal=RuntimeError(f"cannot cope with {MARKER}"))
    async with ready_client(tiny_checkpoint, engine) as client:
        response = await client.post("/translate", json=body())
        assert (await client.get("/health")).status_code == 200
    check(response, 500, "internal-error")
    assert "Traceback" not in response.text
    assert "unexpected error" in caplog.messages


@pytest.mark.parametrize(
    ("now", "path", "says"),
    [
        (replace(IDLE, ready=False), "/ready", "takes no work"),
        (replace(IDLE, queue_segments=4096), "/ready", "saturated"),
        (replace(IDLE, beat_age_seconds=31.0), "/health", "31 seconds"),
    ],
)
@asynchronous
async def test_health_and_readiness(tiny_checkpoint: Path, now: Any, path: str, says: str) -> None:
    engine = EchoEngine()
    async with ready_client(tiny_checkpoint, engine) as client:
        assert (await client.get("/health")).json() == {"status": "ok"}
        engine.now = now
        check(await client.get(path), 503, "not-ready", says)
