"""Translating by way of a third language."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from prometheus_client import CollectorRegistry

from model.config import DecodingOptions
from model.decoding.hypothesis import Translation
from model.tokenizer import Tokenizer
from service.engine.request import Priority, SegmentRequest
from service.errors import TranslationFailed
from service.job import Job, Outcome, Passage, RunningJob
from service.metrics import Metrics
from service.pivot import begin_by_way
from service.registry import Registry, Served
from service.restoring import TranslatedText
from service.settings import Settings
from service.text.annotated import (
    AnnotatedText,
    AnnotatedTranslation,
    Mark,
    PlacedSpan,
    Placement,
    Range,
    plain,
)
from service.translator import Translator
from tests.service.fakes import TOKEN_LOG_PROB, EchoEngine, echo
from tests.service.harness import asynchronous

TEXTS = ("Eins. Zwei drei.\n\nVier", "", "Fünf?")


def make_translator(tokenizer: Tokenizer, engine: EchoEngine) -> Translator:
    directions = (("fr", "en"), ("en", "de"))
    served = Served("tiny", "0" * 64, directions, tokenizer, DecodingOptions(beam_size=3), engine)
    settings = Settings(second_tries=False)
    return Translator(Registry([served]), settings, Metrics(CollectorRegistry(), lambda: ()))


def make_job(*texts: str, alternatives: int = 0) -> Job:
    deadline = time.monotonic() + 60
    return Job(plain(texts), "fr", "de", alternatives, Priority.INTERACTIVE, deadline)


@asynchronous
async def test_texts_pass_the_engine_twice(tiny_tokenizer: Tokenizer) -> None:
    engine = EchoEngine()
    outcome = await make_translator(tiny_tokenizer, engine).translate(make_job(*TEXTS))
    assert tuple(text.text for text in outcome.texts) == TEXTS
    assert [text.pivot for text in outcome.texts] == ["en"] * 3
    assert [text.segments for text in outcome.texts] == [6, 0, 2]
    assert (outcome.segments, outcome.queue_seconds, outcome.decode_seconds) == (8, 1.0, 3.0)
    assert [text.score for text in outcome.texts] == pytest.approx(
        [math.exp(2 * TOKEN_LOG_PROB), 1.0, math.exp(2 * TOKEN_LOG_PROB)]
    )


@asynchronous
async def test_alternatives_are_those_of_the_second_half(tiny_tokenizer: Tokenizer) -> None:
    engine = EchoEngine()
    outcome = await make_translator(tiny_tokenizer, engine).translate(make_job("Eins", alternatives=2))
    assert [request.options.n_best for request in engine.requests] == [1, 3]
    assert len(outcome.texts[0].alternatives) == 2


@asynchronous
async def test_passages_join_to_the_translation(tiny_tokenizer: Tokenizer) -> None:
    async with make_translator(tiny_tokenizer, EchoEngine()).begin(make_job(*TEXTS)) as running:
        assert running.lengths == (3, 1, 1)
        passages = [passage async for passage in running.passages()]
    joined = ["".join([one.translation.text for one in passages if one.item == item]) for item in range(3)]
    assert tuple(joined) == TEXTS


@asynchronous
async def test_a_half_that_fails_fails_the_whole_and_leaves_nothing(tiny_tokenizer: Tokenizer) -> None:

    def fail_later(request: SegmentRequest) -> Translation:
        if len(engine.requests) > 1:
            raise TranslationFailed("this segment makes the network fail")
        return echo(request)

    engine = EchoEngine(translate=fail_later)
    with pytest.raises(TranslationFailed):
        await make_translator(tiny_tokenizer, engine).translate(make_job("Eins."))
    assert len(engine.requests) == 2


@asynchronous
async def test_whoever_leaves_in_the_first_half_takes_it_along(tiny_tokenizer: Tokenizer) -> None:
    engine = EchoEngine(holding=True)
    task = asyncio.create_task(make_translator(tiny_tokenizer, engine).translate(make_job("Eins.")))
    await engine.submitted.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [ticket.future.cancelled() for ticket in engine.tickets] == [True]


class Prepared:
    """A ``RunningJob`` with a given outcome."""

    def __init__(self, texts: Sequence[TranslatedText]) -> None:
        self._texts = tuple(texts)
        self.lengths = (1,) * len(self._texts)

    async def passages(self) -> AsyncIterator[Passage]:
        for item, text in enumerate(self._texts):
            yield Passage(item, text)

    async def outcome(self) -> Outcome:
        return Outcome(self._texts)


@asynchronous
async def test_spans_and_marks_are_followed_through_both_halves() -> None:
    """ "ab X" becomes "X ba" and that "b-X-a": the span X and the mark around it are followed."""
    spans = (PlacedSpan(Range(3, 4), Range(0, 1), Placement.ALIGNMENT),)
    half = AnnotatedTranslation("X ba", (Mark(7, 0, 1),), spans)
    found = PlacedSpan(
        Range(2, 3), Range(4, 5), Placement.PROPORTION
    )  # by the finder, only in the second half
    rest = AnnotatedTranslation(
        "b-X-a", (Mark(7, 2, 3),), (PlacedSpan(Range(0, 1), Range(2, 3), Placement.NETWORK), found)
    )
    given: list[Job] = []

    @asynccontextmanager
    async def begin(job: Job) -> AsyncIterator[RunningJob]:
        given.append(job)
        yield Prepared([TranslatedText(half if len(given) == 1 else rest)])

    async with begin_by_way(begin, make_job("ab X"), "en") as running:
        [text] = (await running.outcome()).texts
    assert [(job.source, job.target) for job in given] == [("fr", "en"), ("en", "de")]
    assert given[1].texts == (AnnotatedText("X ba", (Range(0, 1),), (Mark(7, 0, 1),)),)
    assert text.best.marks == (Mark(7, 2, 3),)
    assert text.best.spans == (PlacedSpan(Range(3, 4), Range(2, 3), Placement.ALIGNMENT),)
