"""One segment, decoded once or twice: which hypotheses come out."""

from __future__ import annotations

import asyncio
from collections.abc import Set
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from model.decoding.hypothesis import Hypothesis, Translation
from service.engine.request import SegmentResult
from service.metrics import Metrics
from service.quality.assessment import Assessment
from service.quality.flags import Flag
from service.quality.review import Review
from service.segment import Segment
from service.text.casing import Casing, Initial, Style
from service.text.presenting import Presentation
from service.text.rewriting import rewrite
from service.trial import Attempts, Decoded, Trial
from tests.service.fakes import EchoTicket
from tests.service.harness import asynchronous

GOOD = Assessment(0.9, 1.0, frozenset())
LOOP = Assessment(0.9, 1.0, frozenset({Flag.REPETITION}))


class Judge(Review):
    """Thinks of a hypothesis what it is told to; token 0 is the placeholder."""

    def __init__(self, opinions: dict[tuple[int, ...], Assessment], tries: int = 9) -> None:
        metrics = Metrics(CollectorRegistry(), tuple)
        super().__init__(None, "de", "en", tries, metrics)  # type: ignore[arg-type] # assess is replaced
        self.opinions = opinions

    def assess(self, segment: Segment, hypothesis: Hypothesis) -> Assessment:
        return self.opinions.get(hypothesis.tokens, GOOD)


def segment(*placeholders: str) -> Segment:
    shown = Presentation(rewrite("x", []), {name: name for name in placeholders}, (), ())
    return Segment("x", {}, Casing(Style.SENTENCE, Initial.OPEN), shown, (1, 2, 3))


def result_of(*hypotheses: tuple[int, ...]) -> SegmentResult:
    found = tuple(Hypothesis(tokens, -1.0, -1.0, (), truncated=False) for tokens in hypotheses)
    return SegmentResult(Translation(found, 3), queue_seconds=1.0, decode_seconds=2.0)


def ticket(result: SegmentResult | None) -> EchoTicket:
    future: asyncio.Future[SegmentResult] = asyncio.get_running_loop().create_future()
    if result is not None:
        future.set_result(result)
    return EchoTicket(future)


@dataclass
class Second:
    """What a second decoding brings, and which kind was asked for."""

    result: SegmentResult | None
    asked: list[str] = field(default_factory=list)
    tickets: list[EchoTicket] = field(default_factory=list)

    async def without_placeholders(self, one: Segment) -> tuple[Segment, EchoTicket]:
        self.asked.append("without placeholders")
        return segment(), self._ticket()

    async def other_way(self, one: Segment, flags: Set[Flag]) -> EchoTicket:
        self.asked.append(" ".join(sorted(flag.value for flag in flags)))
        return self._ticket()

    def _ticket(self) -> EchoTicket:
        self.tickets.append(ticket(self.result))
        return self.tickets[-1]


def attempts(review: Review, second: Second) -> Attempts:
    return Attempts(lambda _, one: 0 in one.tokens, review, second.without_placeholders, second.other_way)


def tokens(decoded: Decoded) -> list[tuple[int, ...]]:
    return [one.tokens for one in decoded.result.translation.hypotheses]


@asynchronous
async def test_what_has_its_placeholders_goes_before_what_has_not() -> None:
    second = Second(None)
    trial = Trial(segment("A"), ticket(result_of((7,), (7, 0), (0,))), attempts(Judge({}), second))
    decoded = await trial.result()
    assert tokens(decoded) == [(7, 0), (0,)]
    assert (decoded.assessment, second.asked) == (GOOD, [])
    assert await trial.result() is decoded


@asynchronous
async def test_where_none_has_its_placeholders_it_is_decoded_without() -> None:
    second = Second(result_of((8,)))
    review = Judge({(7,): LOOP, (8,): LOOP})
    decoded = await Trial(segment("A"), ticket(result_of((7,))), attempts(review, second)).result()
    assert tokens(decoded) == [(8,)]
    assert decoded.assessment is LOOP
    assert second.asked == ["without placeholders"]  # and not a third time for the loop
    assert (decoded.result.queue_seconds, decoded.result.decode_seconds) == (2.0, 4.0)


@asynchronous
async def test_a_second_try_must_keep_the_placeholders_too() -> None:
    second = Second(result_of((8,), (9, 0), (6, 0)))
    review = Judge({(7, 0): LOOP, (9, 0): LOOP})
    decoded = await Trial(segment("A"), ticket(result_of((7, 0), (5, 0))), attempts(review, second)).result()
    assert tokens(decoded) == [(6, 0), (7, 0)]
    assert decoded.assessment is GOOD
    assert second.asked == ["repetition"]
    none = Second(result_of((8,)))
    kept = await Trial(segment("A"), ticket(result_of((7, 0))), attempts(review, none)).result()
    assert tokens(kept) == [(7, 0)]


@asynchronous
async def test_no_more_second_tries_than_there_is_leave_for() -> None:
    second, review = Second(result_of((8,))), Judge({(7,): LOOP}, tries=0)
    decoded = await Trial(segment(), ticket(result_of((7,))), attempts(review, second)).result()
    assert (tokens(decoded), second.asked) == ([(7,)], [])


@asynchronous
async def test_nobody_waits_any_more() -> None:
    second = Second(None)
    trial = Trial(segment(), ticket(result_of((7,))), attempts(Judge({(7,): LOOP}), second))
    await trial.advance()
    trial.cancel()
    assert second.tickets[0].future.cancelled()
