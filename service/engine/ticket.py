"""A submitted segment, as its submitter holds it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from service.engine.request import SegmentResult


class FutureTicket:
    """A ``Ticket`` over a future of the event loop.

    Several tasks may await the same ticket; when one of them is cancelled, the segment goes on for the
    others. After ``cancel``, ``result`` raises ``asyncio.CancelledError``.

    Args:
        future: what the engine will complete.
        cancel: called by ``cancel``; idempotent.
    """

    def __init__(self, future: asyncio.Future[SegmentResult], cancel: Callable[[], None]) -> None:
        self._future = future
        self._cancel = cancel
        future.add_done_callback(_mark_retrieved)

    async def result(self) -> SegmentResult:
        """The finished segment; see ``Ticket.result``."""
        return await asyncio.shield(self._future)

    def cancel(self) -> None:
        """Nobody waits any more; see ``Ticket.cancel``."""
        self._cancel()


def _mark_retrieved(future: asyncio.Future[SegmentResult]) -> None:
    """Keep asyncio from logging a failure that the submitter had no more interest in."""
    if not future.cancelled():
        future.exception()
