"""A submitted segment, as its submitter holds it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from service.engine.request import Priority, SegmentResult


class FutureTicket:
    """A ``Ticket`` over a future of the event loop.

    Several tasks may await the same ticket; when one of them is cancelled, the segment goes on for the
    others. After ``cancel``, ``result`` raises ``asyncio.CancelledError``.

    Args:
        future: what the engine will complete; see ``fail`` for errors.
        cancel: called by ``cancel``; idempotent.
    """

    def __init__(self, future: asyncio.Future[SegmentResult], cancel: Callable[[], None]) -> None:
        self._future = future
        self._cancel = cancel

    async def result(self) -> SegmentResult:
        """The finished segment; see ``Ticket.result``."""
        if self._future.done():
            return self._future.result()
        return await asyncio.shield(self._future)

    def cancel(self) -> None:
        """Nobody waits any more; see ``Ticket.cancel``."""
        self._cancel()


class EngineTicket(FutureTicket):
    """A ``SharableTicket`` over a future of the event loop.

    Args:
        future: what the engine will complete.
        cancel: called by ``cancel``; idempotent.
        share: called by ``share``.
    """

    def __init__(
        self,
        future: asyncio.Future[SegmentResult],
        cancel: Callable[[], None],
        share: Callable[[Priority, float | None], None],
    ) -> None:
        super().__init__(future, cancel)
        self._share = share

    def share(self, priority: Priority, deadline: float | None) -> None:
        """Wait for somebody else, too; see ``SharableTicket.share``."""
        self._share(priority, deadline)

    def on_end(self, callback: Callable[[SegmentResult | BaseException], None]) -> None:
        """Call back with the outcome; see ``SharableTicket.on_end``."""

        def tell(future: asyncio.Future[SegmentResult]) -> None:
            if not future.cancelled():
                callback(future.exception() or future.result())

        self._future.add_done_callback(tell)


def fail(future: asyncio.Future[SegmentResult], error: BaseException) -> None:
    """End ``future`` with ``error``; asyncio does not log that its submitter had no more interest in it."""
    future.set_exception(error)
    future.exception()
