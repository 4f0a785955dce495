"""Asking the service for translations over a bounded number of kept-alive connections."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import h11
import httpx

from benchmarks.connection import Answer, Connection
from benchmarks.errors import BenchmarkError
from benchmarks.outcome import CONNECTION, INVALID_ANSWER

_KEEP_ALIVE_SECONDS = 2.0
"""Less than servers wait before they close an idle connection, so that none closes as it is taken up."""

_CHECK_TIMEOUT_SECONDS = 10.0


class TranslationClient:
    """Sends texts to ``POST /translate``; made by ``connect``.

    Args:
        url: of the service.
        source, target: languages.
        connections: most connections at a time; further requests wait here, first come, first served.
    """

    def __init__(self, url: httpx.URL, source: str, target: str, connections: int) -> None:
        self._url = url
        self._source = source
        self._target = target
        self._permits = asyncio.Semaphore(connections)
        self._idle: list[tuple[Connection, float]] = []

    async def send(self, texts: Sequence[str]) -> str:
        """How the service answers to ``texts``: see ``benchmarks.outcome``."""
        body = json.dumps({"q": list(texts), "source": self._source, "target": self._target}).encode()
        async with self._permits:
            try:
                answer = await self._post(body)
            except (OSError, h11.ProtocolError):
                return CONNECTION
        if answer.status == httpx.codes.OK and not _is_translation(answer.body, len(texts)):
            return INVALID_ANSWER
        return str(answer.status)

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop()[0].close()

    async def _post(self, body: bytes) -> Answer:
        connection = self._take() or await Connection.open(self._url)
        try:
            answer = await connection.post("/translate", body)
        except BaseException:  # given up as well: the answer may yet come, to nobody
            connection.close()
            raise
        if connection.reusable:
            self._idle.append((connection, time.monotonic()))
        else:
            connection.close()
        return answer

    def _take(self) -> Connection | None:
        """The idle connection that was used last, if it is fresh; if not even that is, none of them is."""
        while self._idle:
            connection, since = self._idle.pop()
            if connection.reusable and time.monotonic() - since < _KEEP_ALIVE_SECONDS:
                return connection
            connection.close()
        return None


@asynccontextmanager
async def connect(url: str, source: str, target: str, connections: int) -> AsyncIterator[TranslationClient]:
    """A client of the service at ``url``, whose connections are closed at the end."""
    client = TranslationClient(httpx.URL(url), source, target, connections)
    try:
        yield client
    finally:
        client.close()


async def check_ready(url: str) -> None:
    """Make sure that a service is there and takes work.

    Raises:
        BenchmarkError: nothing answers, or ``/ready`` does not say yes.
    """
    try:
        response = await _get(url, "/ready")
    except httpx.TransportError as error:
        raise BenchmarkError(f"no service answers at {url}: {error}") from error
    if not response.is_success:
        raise BenchmarkError(f"{url}/ready answers {response.status_code}: no work is taken now")


async def read_metrics(url: str) -> str:
    """The service's ``/metrics``, or an empty text where it has none."""
    try:
        response = await _get(url, "/metrics")
    except httpx.TransportError:
        return ""
    return response.text if response.is_success else ""


async def _get(url: str, path: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=url, timeout=_CHECK_TIMEOUT_SECONDS, trust_env=False) as http:
        return await http.get(path)


def _is_translation(body: bytes, count: int) -> bool:
    """Whether the answer holds ``count`` texts."""
    try:
        texts = json.loads(body)["translatedText"]
    except (ValueError, KeyError, TypeError):
        return False
    return isinstance(texts, list) and len(texts) == count and all(isinstance(text, str) for text in texts)
