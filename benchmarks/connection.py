"""One kept-alive HTTP/1.1 connection, as cheap as can be.

The load generator often shares the machine with the service, and what it spends is missing there. A POST
through this costs about 0.5 ms of CPU time where ``httpx`` takes 1.8 ms, and several more once its pool has
dozens of connections. The protocol itself is ``h11``'s business, as it is under ``httpx`` and ``uvicorn``.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Self

import h11
import httpx

_READ_BYTES = 65_536
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response."""

    status: int
    body: bytes


class Connection:
    """Sends one request at a time; made by ``open``. Whoever meets an exception closes it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        self._reader = reader
        self._writer = writer
        self._host = host
        self._protocol = h11.Connection(h11.CLIENT)

    @classmethod
    async def open(cls, url: httpx.URL) -> Self:
        """Connect to the server of ``url``.

        Raises:
            OSError: it cannot be reached.
        """
        port = url.port or _DEFAULT_PORTS[url.scheme]
        secure = True if url.scheme == "https" else None
        return cls(*await asyncio.open_connection(url.host, port, ssl=secure), url.netloc.decode())

    @property
    def reusable(self) -> bool:
        """Whether both sides would take part in a further request."""
        return self._protocol.our_state is h11.IDLE and not self._reader.at_eof()

    async def post(self, target: str, body: bytes) -> Answer:
        """Send JSON, and wait for the whole answer.

        Raises:
            OSError: the connection broke.
            h11.ProtocolError: what came back is not HTTP, or ended too early.
        """
        headers = [
            ("Host", self._host),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
        ]
        request = h11.Request(method="POST", target=target, headers=headers)
        events = (request, h11.Data(data=body), h11.EndOfMessage())
        self._writer.write(b"".join(self._protocol.send(event) or b"" for event in events))
        await self._writer.drain()
        answer = await self._receive()
        if self._protocol.our_state is h11.DONE and self._protocol.their_state is h11.DONE:
            self._protocol.start_next_cycle()
        return answer

    def close(self) -> None:
        """Close it now; what is on the way is lost."""
        self._writer.transport.abort()

    async def _receive(self) -> Answer:
        status, parts = 0, []
        while True:
            event = self._protocol.next_event()
            if event is h11.NEED_DATA:
                self._protocol.receive_data(await self._reader.read(_READ_BYTES))
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                parts.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                return Answer(status, b"".join(parts))
            elif isinstance(event, h11.ConnectionClosed):
                raise ConnectionResetError("closed before the answer")
