"""Logs are JSON, one object a line, and never quote what an exception quotes."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from service.logs import FIELDS, configure_logging, describe_exception
from tests.service.fakes import EchoEngine
from tests.service.harness import asynchronous, ready_client

MARKER = "Geheimnis"


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is logged; logging is put back afterwards."""
    root = logging.getLogger()
    monkeypatch.setattr(logging.getLogger("httpx"), "disabled", True)  # the client's own
    handlers, level = root.handlers, root.level
    written = io.StringIO()
    configure_logging("info", written)
    yield written
    logging.captureWarnings(capture=False)
    root.handlers, root.level = handlers, level


def entries(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_record_is_a_line_with_its_fields(stream: io.StringIO) -> None:
    logging.getLogger("some.name").warning("two\nlines: %d", 2, extra={FIELDS: {"route": "/x"}})
    logging.getLogger("some.name").debug("not severe enough")
    (entry,) = entries(stream)
    assert datetime.fromisoformat(entry.pop("timestamp")).tzinfo == UTC
    assert entry == {"level": "warning", "logger": "some.name", "message": "two\nlines: 2", "route": "/x"}


def test_a_traceback_names_kinds_and_places_but_quotes_nothing(stream: io.StringIO) -> None:
    try:
        try:
            int(MARKER)
        except ValueError as error:
            raise KeyError(MARKER) from error
    except KeyError:
        logging.getLogger().exception("it failed")
    (entry,) = entries(stream)
    kinds = [line for line in entry["exception"] if not line.startswith(" ")]
    assert kinds == ["builtins.KeyError", "builtins.ValueError"]
    assert f"{Path(__file__).name}:" in entry["exception"][1]
    assert MARKER not in stream.getvalue()


def test_causes_that_go_in_circles_end() -> None:
    one, two = ValueError(), KeyError()
    one.__cause__, two.__cause__ = two, one
    assert describe_exception(one) == ["builtins.ValueError", "builtins.KeyError"]


def test_uvicorn_and_warnings_are_logged_the_same_way(stream: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").info("listening")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("careful", stacklevel=1)
    assert [entry["logger"] for entry in entries(stream)] == ["uvicorn.error", "py.warnings"]


@asynchronous
async def test_each_request_is_a_line_without_text(stream: io.StringIO, tiny_checkpoint: Path) -> None:
    body = {"q": f"{MARKER}. Zwei.", "source": "de", "target": "en", "api_key": MARKER}
    engine = EchoEngine()
    async with ready_client(tiny_checkpoint, engine) as client:
        stream.seek(stream.truncate(0))
        await client.post(f"/translate?q={MARKER}", json=body, headers={"X-Request-ID": "one"})
        await client.post("/translate", json={**body, "target": MARKER})
        await client.get(f"/{MARKER}", headers={"X-Request-ID": MARKER * 10})
        engine.refusal = RuntimeError(MARKER)
        await client.post("/translate", json=body, headers={"X-Request-ID": "four"})
    lines = [entry for entry in entries(stream) if entry["message"] == "request"]
    assert [(line["route"], line["status"]) for line in lines] == [
        ("/translate", 200),
        ("/translate", 400),
        ("unmatched", 404),
        ("/translate", 500),
    ]
    assert lines[0]["request_id"] == "one"
    assert (lines[0]["characters"], lines[0]["segments"]) == (len(f"{MARKER}. Zwei."), 2)
    assert 0 < lines[0]["duration_seconds"] < 10
    assert {"method", "queue_seconds", "decode_seconds", "timestamp", "level"} <= set(lines[0])
    unexpected = [entry for entry in entries(stream) if entry["message"] == "unexpected error"]
    assert [entry["request_id"] for entry in unexpected] == ["four"]
    assert MARKER not in stream.getvalue().replace(MARKER * 10, "")
    assert "127.0.0.1" not in stream.getvalue()
