"""What the clients' ``stream`` gives: segments as they are done."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import aclosing, closing
from types import TracebackType
from typing import Self

import httpx
from httpx_sse import EventSource

from translate_client.batching import Batch
from translate_client.collector import Collector
from translate_client.failures import connection_errors
from translate_client.results import Segment, Translation


class TranslationStream:
    """Segments as they are done; used as a context, so that leaving it early ends the work.

    Args:
        plan: the requests to send.
        open_events: sends one, and returns its response once it has begun.
    """

    def __init__(
        self, plan: Callable[[], list[Batch]], open_events: Callable[[Batch], httpx.Response]
    ) -> None:
        self._plan = plan
        self._open = open_events
        self._collector = Collector()
        self._segments = self._read()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[Segment]:
        return self._segments

    def close(self) -> None:
        """Hang up; the service then stops translating."""
        self._segments.close()

    @property
    def results(self) -> list[Translation]:
        """The whole translations, as ``Client.translate`` gives them, after the last segment.

        Raises:
            RuntimeError: it has not been read yet.
        """
        return self._collector.results

    def _read(self) -> Generator[Segment, None, None]:
        batches = self._plan()
        self._collector.begin(batches)
        for batch in batches:
            with closing(self._open(batch)) as response, connection_errors():
                for event in EventSource(response).iter_sse():
                    segment = self._collector.take(batch, event.event, event.data, response.headers)
                    if segment is not None:
                        yield segment
            self._collector.check_done(batch)


class AsyncTranslationStream:
    """Segments as they are done; used as an asynchronous context, so that leaving it early ends the work.

    Args:
        plan: the requests to send.
        open_events: sends one, and returns its response once it has begun.
    """

    def __init__(
        self,
        plan: Callable[[], Awaitable[list[Batch]]],
        open_events: Callable[[Batch], Awaitable[httpx.Response]],
    ) -> None:
        self._plan = plan
        self._open = open_events
        self._collector = Collector()
        self._segments = self._read()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> AsyncIterator[Segment]:
        return self._segments

    async def aclose(self) -> None:
        """Hang up; the service then stops translating."""
        await self._segments.aclose()

    @property
    def results(self) -> list[Translation]:
        """The whole translations, as ``AsyncClient.translate`` gives them, after the last segment.

        Raises:
            RuntimeError: it has not been read yet.
        """
        return self._collector.results

    async def _read(self) -> AsyncGenerator[Segment, None]:
        batches = await self._plan()
        self._collector.begin(batches)
        for batch in batches:
            async with aclosing(await self._open(batch)) as response:
                with connection_errors():
                    async for event in EventSource(response).aiter_sse():
                        segment = self._collector.take(batch, event.event, event.data, response.headers)
                        if segment is not None:
                            yield segment
            self._collector.check_done(batch)
