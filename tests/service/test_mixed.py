"""Jobs whose texts are in several languages."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import pytest
from prometheus_client import CollectorRegistry

from model.config import DecodingOptions
from model.decoding.hypothesis import Translation
from model.tokenizer import Tokenizer
from service.engine.request import Priority, SegmentRequest
from service.errors import TranslationFailed, UnsupportedLanguage
from service.job import Job, Outcome
from service.metrics import Metrics
from service.mixed import begin_mixed
from service.registry import Registry, Served
from service.settings import Settings
from service.text.annotated import plain
from service.translator import Translator
from tests.service.fakes import EchoEngine
from tests.service.harness import asynchronous

DIRECTIONS = (("de", "en"), ("fr", "en"))
TEXTS = ("Eins.", "Deux.", "three", "Vier. Acht.", "Cinq.")
SOURCES = ("de", "fr", "en", "de", "fr")


def make_translator(tokenizer: Tokenizer, engine: EchoEngine) -> Translator:
    served = Served("tiny", "0" * 64, DIRECTIONS, tokenizer, DecodingOptions(), engine)
    settings = Settings(second_tries=False)
    return Translator(Registry([served]), settings, Metrics(CollectorRegistry(), lambda: ()))


def make_job(*texts: str) -> Job:
    return Job(plain(texts), "", "en", 0, Priority.INTERACTIVE, time.monotonic() + 60)


async def translate_mixed(translator: Translator, job: Job, sources: Sequence[str]) -> Outcome:
    async with begin_mixed(translator, job, sources) as running:
        return await running.outcome()


@asynchronous
async def test_every_text_comes_back_in_its_place(tiny_tokenizer: Tokenizer) -> None:
    engine = EchoEngine()
    outcome = await translate_mixed(make_translator(tiny_tokenizer, engine), make_job(*TEXTS), SOURCES)
    assert tuple(text.text for text in outcome.texts) == TEXTS
    assert [text.segments for text in outcome.texts] == [1, 1, 0, 2, 1]
    assert (outcome.segments, outcome.queue_seconds, outcome.decode_seconds) == (5, 0.5, 1.5)
    nothing = await translate_mixed(make_translator(tiny_tokenizer, engine), make_job(), ())
    assert (nothing.texts, nothing.segments) == ((), 0)


@asynchronous
async def test_the_languages_are_in_the_engine_together(tiny_tokenizer: Tokenizer) -> None:
    engine = EchoEngine(holding=True)
    translator = make_translator(tiny_tokenizer, engine)
    task = asyncio.create_task(translate_mixed(translator, make_job(*TEXTS), SOURCES))
    while len(engine.requests) < 5:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert all(ticket.future.cancelled() for ticket in engine.tickets)


@asynchronous
async def test_one_language_that_fails_takes_the_others_along(tiny_tokenizer: Tokenizer) -> None:
    def fail(request: SegmentRequest) -> Translation:
        raise TranslationFailed("this segment makes the network fail")

    engine = EchoEngine(holding=True, translate=fail)
    translator = make_translator(tiny_tokenizer, engine)
    task = asyncio.create_task(translate_mixed(translator, make_job("Eins.", "Deux."), ("de", "fr")))
    while len(engine.requests) < 2:
        await asyncio.sleep(0)
    engine.finish(1)
    with pytest.raises(TranslationFailed):
        await task
    assert engine.tickets[0].future.cancelled()


@asynchronous
async def test_a_direction_that_is_not_served_is_refused(tiny_tokenizer: Tokenizer) -> None:
    translator = make_translator(tiny_tokenizer, EchoEngine())
    with pytest.raises(UnsupportedLanguage, match="es>en is not served"):
        await translate_mixed(translator, make_job("Eins.", "Dos."), ("de", "es"))


@asynchronous
async def test_passages_come_in_the_order_of_the_texts_and_add_up(tiny_tokenizer: Tokenizer) -> None:
    engine = EchoEngine(holding=True)
    async with begin_mixed(make_translator(tiny_tokenizer, engine), make_job(*TEXTS), SOURCES) as running:
        assert running.lengths == (1, 1, 1, 2, 1)
        passages = running.passages()
        engine.finish(0)
        assert (await anext(passages)).translation.text == TEXTS[0]
        engine.release()
        rest = [(passage.item, passage.translation.text) async for passage in passages]
        assert rest == [(1, "Deux."), (2, "three"), (3, "Vier. "), (3, "Acht."), (4, "Cinq.")]
        assert tuple(text.text for text in (await running.outcome()).texts) == TEXTS
