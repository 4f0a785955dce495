"""A request as a server sees it: what is sent arrives bit by bit; the client may leave, or not read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI

Event = tuple[str, Any]
"""Its name and its data; a comment has no name."""


class Conversation:
    """A POST to an application, over plain ASGI.

    Args:
        app: the application.
        path: what is asked.
        body: sent as JSON, or as it is.
        headers: of the request.
    """

    def __init__(
        self, app: FastAPI, path: str, body: Mapping[str, Any] | bytes, headers: Mapping[str, str]
    ) -> None:
        self.reading = asyncio.Event()
        self.reading.set()
        self._left = asyncio.Event()
        self._content = [body if isinstance(body, bytes) else json.dumps(body).encode()]
        self._sent: asyncio.Queue[Any] = asyncio.Queue()
        fields = {"content-type": "application/json", **headers}
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "scheme": "http",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 2),
        }
        self.task = asyncio.create_task(app(self._scope, self._receive, self._send))

    def leave(self) -> None:
        """Go away as a client."""
        self._left.set()

    async def start(self) -> tuple[int, dict[str, str]]:
        """The status and the headers."""
        message = await self._sent.get()
        assert message["type"] == "http.response.start"
        return message["status"], {name.decode(): value.decode() for name, value in message["headers"]}

    async def event(self) -> Event | None:
        """The next event or comment; None at the end."""
        message = await self._sent.get()
        assert message["type"] == "http.response.body"
        assert message.get("more_body", False) == bool(message["body"])
        return parse_event(message["body"]) if message["body"] else None

    async def events(self) -> list[Event]:
        """All that come until the end."""
        events: list[Event] = []
        while (event := await self.event()) is not None:
            events.append(event)
        return events

    async def _receive(self) -> dict[str, Any]:
        if self._content:
            return {"type": "http.request", "body": self._content.pop()}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        await self.reading.wait()
        self._sent.put_nowait(message)


def parse_event(chunk: bytes) -> Event:
    """What a chunk of exactly one event or comment says."""
    text = chunk.decode()
    assert text.endswith("\n\n")
    assert "\n\n" not in text[:-2]
    fields = dict(line.split(": ", 1) for line in text.strip().splitlines())
    return ("", fields[""]) if "" in fields else (fields["event"], json.loads(fields["data"]))
