"""An engine without a network: a segment's translation is the segment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from model.decoding.hypothesis import Hypothesis, Translation
from service.engine.request import EngineStatus, SegmentRequest, SegmentResult, Ticket

IDLE = EngineStatus(
    ready=True,
    draining=False,
    beat_age_seconds=0.0,
    queue_segments=0,
    queue_tokens=0,
    queue_oldest_seconds=0.0,
    running_segments=0,
)
TOKEN_LOG_PROB = -0.25


def echo(request: SegmentRequest) -> Translation:
    """The segment itself; the k-th best lacks its last k tokens."""
    tokens = request.source[1:-1]
    return Translation(
        tuple(
            _hypothesis(request, tokens[: len(tokens) - rank])
            for rank in range(min(request.options.n_best, len(tokens)))
        ),
        steps=len(tokens) + 1,
    )


def _hypothesis(request: SegmentRequest, tokens: tuple[int, ...]) -> Hypothesis:
    """Each token has read the one that it is a copy of."""
    log_prob = TOKEN_LOG_PROB * (len(tokens) + 1)
    attention = np.eye(len(tokens) + 1, len(request.source), 1, dtype=np.float32)
    return Hypothesis(
        tokens,
        log_prob,
        log_prob,
        coverage=(1.0,) * len(request.source),
        truncated=False,
        attention=attention if request.attention else None,
    )


class EchoTicket:
    """A ticket over a future."""

    def __init__(self, future: asyncio.Future[SegmentResult]) -> None:
        self.future = future

    async def result(self) -> SegmentResult:
        return await self.future

    def cancel(self) -> None:
        self.future.cancel()


@dataclass
class EchoEngine:
    """Implements ``EngineLike``.

    Attributes:
        translate: from a segment to its translation; may raise.
        recalled: what was to be recalled, in order.
        holding: results are kept back until ``release``.
        refusal: raised by ``submit``.
        now: what ``status`` says once started.
        opens: ``start`` waits for it, if given.
    """

    translate: Callable[[SegmentRequest], Translation] = echo
    holding: bool = False
    refusal: Exception | None = None
    now: EngineStatus = IDLE
    opens: asyncio.Event | None = None
    drained: bool = True
    recalled: list[SegmentRequest] = field(default_factory=list)
    requests: list[SegmentRequest] = field(default_factory=list)
    tickets: list[EchoTicket] = field(default_factory=list)
    submitted: asyncio.Event = field(default_factory=asyncio.Event)

    async def recall(self, requests: Sequence[SegmentRequest]) -> None:
        self.recalled += requests

    def submit(self, requests: list[SegmentRequest]) -> list[Ticket]:
        if self.refusal is not None:
            raise self.refusal
        tickets = [EchoTicket(asyncio.get_running_loop().create_future()) for _ in requests]
        self.requests += requests
        self.tickets += tickets
        if not self.holding:
            self.release()
        self.submitted.set()
        return list[Ticket](tickets)

    def release(self) -> None:
        for request, ticket in zip(self.requests, self.tickets, strict=True):
            if not ticket.future.done():
                self._finish(request, ticket.future)

    def finish(self, index: int) -> None:
        self._finish(self.requests[index], self.tickets[index].future)

    def _finish(self, request: SegmentRequest, future: asyncio.Future[SegmentResult]) -> None:
        try:
            future.set_result(SegmentResult(self.translate(request), queue_seconds=0.5, decode_seconds=1.5))
        except Exception as error:
            future.set_exception(error)

    def status(self) -> EngineStatus:
        return self.now

    async def start(self) -> None:
        if self.opens is not None:
            await self.opens.wait()

    async def drain(self, timeout_seconds: float) -> bool:
        self.now = replace(self.now, ready=False, draining=True)
        return self.drained
