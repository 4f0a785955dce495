"""POST /translate as a stream: each sentence as soon as it is done, in order."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from fastapi import Request

from service.accounts import Account
from service.api.context import RequestRecord, Service, record_of
from service.api.disconnect import unless_disconnected
from service.api.feed import Feed, FeedResponse, event
from service.api.schemas import StreamSegment, StreamStart, TranslateRequest
from service.api.shaping import make_response, shape_detections
from service.api.work import Answer, begin, finish
from service.job import Job

EVENTS = "text/event-stream"
STREAM: dict[str, Any] = {
    "description": "The translations.",
    "content": {
        EVENTS: {
            "schema": {"type": "string"},
            "example": 'event: segment\ndata: {"index":0,"total":2,"item":0,"translatedText":"Hi! ",…}\n\n',
        }
    },
}
"""For the route's documentation."""


def wants_events(accept: str) -> bool:
    """Whether a client with this Accept header asks for a stream: it names one, and JSON no more."""
    wishes = dict(_wish(part) for part in accept.split(","))
    return wishes.get(EVENTS, 0.0) > 0.0 and wishes[EVENTS] >= wishes.get("application/json", 0.0)


def _wish(part: str) -> tuple[str, float]:
    kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weights = [value for name, _, value in (one.partition("=") for one in parameters) if name.strip() == "q"]
    try:
        return kind, float(weights[0]) if weights else 1.0
    except ValueError:
        return kind, 0.0


async def stream(
    request: Request, service: Service, account: Account, body: TranslateRequest, job: Job
) -> FeedResponse:
    """The response that tells how ``job`` goes on; it has been accepted when this returns.

    Raises:
        QuotaExceeded: the account has not so many characters left.
        ClientDisconnected: nobody is left to be answered.
        ServiceError: see ``Translator.begin``. What happens later is told by the stream.
    """
    feed = Feed(_events(service, account, record_of(request.scope), body, job))
    try:
        first = await unless_disconnected(request.receive, feed.take())
    except BaseException:
        await feed.close()
        raise
    assert first is not None  # noqa: S101 - a generator that ends at once would be an error of ours
    return FeedResponse(first, feed, job.deadline)


async def _events(
    service: Service, account: Account, record: RequestRecord, body: TranslateRequest, job: Job
) -> AsyncGenerator[bytes, None]:
    """The events of ``job``; what has been sent of it costs, even if it ends early."""
    with account.charge(job.characters) as charge:
        async with begin(service, record, account, job) as (detections, running):
            total = sum(running.lengths)
            start = StreamStart(total=total, detectedLanguage=shape_detections(body, detections))
            yield event("start", start.model_dump_json(exclude_none=True))
            index = 0
            async for passage in running.passages():
                segment = StreamSegment(
                    index=index,
                    total=total,
                    item=passage.item,
                    translatedText=passage.translation.text,
                    score=passage.translation.score,
                )
                index += 1
                charge.earned = job.characters * index // total
                yield event("segment", segment.model_dump_json())
            response = make_response(body, Answer(await finish(record, running), detections))
        yield event("done", response.model_dump_json(exclude_none=True))
