"""A service that translates nothing, in a thread: its delays and failures are known exactly."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import uvicorn
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
SendMessage = Callable[[Message], Awaitable[None]]


class FakeService:
    """An ASGI application with the routes that a load test uses.

    Args:
        delay: seconds that every translation takes.
        stall_seconds: once, from the tenth translation on, nothing is answered for so long.
        status: of translations.
        answer: their body; default: the texts in capitals.
        close: whether each connection is closed after its answer.
    """

    def __init__(
        self,
        *,
        delay: float = 0.0,
        stall_seconds: float = 0.0,
        status: int = 200,
        answer: bytes | None = None,
        close: bool = False,
    ) -> None:
        self.delay = delay
        self.stall_seconds = stall_seconds
        self.status = status
        self.answer = answer
        self.close = close
        self.bodies: list[dict[str, Any]] = []
        self.clients: set[tuple[str, int]] = set()
        self.most_at_once = 0
        self._at_once = 0
        self._stalled_until = 0.0
        self._registry = CollectorRegistry()
        self._rows = Histogram("translation_batch_rows", "", ("phase",), registry=self._registry)
        self._tokens = Counter("translation_target_tokens", "", registry=self._registry)
        info = Gauge("translation_model_info", "", ("checkpoint", "digest"), registry=self._registry)
        info.labels("fake", "f00d").set(1)

    async def __call__(self, scope: Message, receive: Receive, send: SendMessage) -> None:
        """Answer one request."""
        if scope["path"] == "/metrics":
            await self._reply(send, 200, generate_latest(self._registry))
        elif scope["path"] == "/translate" and scope["method"] == "POST":
            self.clients.add(tuple(scope["client"]))
            await self._translate(json.loads(await _read(receive)), send)
        else:
            await self._reply(send, 200 if scope["path"] == "/ready" else 404, b"{}")

    async def _translate(self, body: dict[str, Any], send: SendMessage) -> None:
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        self.bodies.append(body)
        if len(self.bodies) == 10:
            self._stalled_until = time.monotonic() + self.stall_seconds
        await asyncio.sleep(max(self.delay, self._stalled_until - time.monotonic()))
        self._rows.labels("encode").observe(1000)
        self._rows.labels("decode").observe(2 * len(body["q"]))
        self._tokens.inc(7)
        self._at_once -= 1
        capitals = {"translatedText": [text.upper() for text in body["q"]]}
        await self._reply(send, self.status, self.answer or json.dumps(capitals).encode())

    async def _reply(self, send: SendMessage, status: int, body: bytes) -> None:
        headers = [(b"content-length", str(len(body)).encode())]
        headers += [(b"connection", b"close")] if self.close else []
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@contextmanager
def serving(app: FakeService) -> Iterator[str]:
    """``app`` on a free port; gives its URL."""
    config = uvicorn.Config(app, port=0, lifespan="off", ws="none", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    give_up = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < give_up, "the fake service does not start"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)


async def _read(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)
