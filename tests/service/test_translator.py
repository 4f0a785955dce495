"""The use case, with an engine that gives back what it is given."""

from __future__ import annotations

import asyncio
import functools
import math
import re
import threading
import time
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as checks
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from model.config import DecodingOptions
from model.decoding.hypothesis import Translation
from model.tokenizer import Tokenizer
from service import running_job
from service import translator as module
from service.engine.request import Priority, SegmentRequest
from service.errors import DeadlineExceeded, Overloaded, TranslationFailed, UnsupportedLanguage
from service.job import Job, Outcome
from service.metrics import Metrics
from service.offloading import INLINE_CHARACTERS
from service.plan import Planner
from service.registry import Registry, Served
from service.settings import Settings
from service.text.annotated import AnnotatedText, plain
from service.text.masking import MaskedText
from service.text.segmentation import Piece
from service.translator import Translator
from tests.service.fakes import IDLE, TOKEN_LOG_PROB, EchoEngine, echo
from tests.service.harness import asynchronous


@functools.cache
def some_metrics() -> Metrics:
    return Metrics(CollectorRegistry(), lambda: ())


def make_translator(
    tokenizer: Tokenizer,
    engine: EchoEngine,
    settings: Settings | None = None,
    metrics: Metrics | None = None,
) -> Translator:
    served = Served("tiny", "0" * 64, (("de", "en"),), tokenizer, DecodingOptions(beam_size=3), engine)
    return Translator(Registry([served]), settings or Settings(second_tries=False), metrics or some_metrics())


TOKENS = [
    "Der",
    "Hund",
    "läuft.",
    "und",
    "(er)",
    "Nein!",
    "😀",
    "{name}",
    "5 kg",
    "https://a.de/b",
    "USA",
    "12",
]
SHORT_SEGMENTS = Settings(max_segment_tokens=64, second_tries=False)
NARROW = str.maketrans(
    "，。！？：；（）、「」『』《》〈〉～", ",.!?:;(),\u201c\u201d\u2018\u2019\u201c\u201d\u2018\u2019~"
)


def make_job(*texts: str, seconds: float = 60.0, alternatives: int = 0, target: str = "en") -> Job:
    return Job(plain(texts), "de", target, alternatives, Priority.INTERACTIVE, time.monotonic() + seconds)


def translate(
    tokenizer: Tokenizer, *texts: str, alternatives: int = 0, settings: Settings | None = None
) -> Outcome:
    async def run() -> Outcome:
        translator = make_translator(tokenizer, EchoEngine(), settings)
        return await translator.translate(make_job(*texts, alternatives=alternatives))

    return asyncio.run(run())


def essence(text: str) -> list[str]:
    """What must never be lost: all characters but white space, whatever their order, width and case."""
    return sorted(re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold().translate(NARROW))


@given(st.text(st.characters(codec="utf-8"), max_size=200))
@example("0A¼A")  # no 0 ampere
@example("$0Ab")  # no 0 dollars
@example(":0Jº")  # no 0 joules
@checks(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_an_echo_gives_back_every_text(tiny_tokenizer: Tokenizer, text: str) -> None:
    translated = translate(tiny_tokenizer, text, settings=SHORT_SEGMENTS).texts[0].text
    assert essence(translated) == essence(text)


@given(st.lists(st.sampled_from(TOKENS), max_size=30), st.sampled_from([" ", "\n", " \n\n", "\t"]))
@checks(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_an_echo_of_plain_text_is_the_text(
    copying_tokenizer: Tokenizer, tokens: list[str], separator: str
) -> None:
    text = separator.join(tokens)
    assert translate(copying_tokenizer, text).texts[0].text == text


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\t \r\n", "123,45 € ...", "😀 → 👍🏽", "\x00", "\u200b"])
def test_what_has_no_letter_never_reaches_the_engine(tiny_tokenizer: Tokenizer, text: str) -> None:
    outcome = translate(tiny_tokenizer, text, alternatives=2)
    assert (outcome.texts[0].text, outcome.texts[0].score, outcome.segments) == (text, 1.0, 0)


def test_texts_keep_their_order(tiny_tokenizer: Tokenizer) -> None:
    texts = ("Eins. Zwei.", "", "Drei!", "4", "Fünf?\nSechs.")
    outcome = translate(tiny_tokenizer, *texts)
    assert tuple(text.text for text in outcome.texts) == texts
    assert [text.segments for text in outcome.texts] == [2, 0, 1, 0, 2]
    assert outcome.segments == 5


def test_no_texts_are_no_work(tiny_tokenizer: Tokenizer) -> None:
    assert translate(tiny_tokenizer).texts == ()


def test_a_large_text_comes_back_whole(tiny_tokenizer: Tokenizer) -> None:
    text = "Der Hund läuft im Park, und die Katze schläft. " * 200 + "x" * 5000
    assert len(text) > INLINE_CHARACTERS
    assert translate(tiny_tokenizer, text).texts[0].text == text


def test_score_and_times_are_reported(tiny_tokenizer: Tokenizer) -> None:
    outcome = translate(tiny_tokenizer, "Eins. Zwei.")
    assert outcome.texts[0].score == pytest.approx(math.exp(TOKEN_LOG_PROB))
    assert (outcome.queue_seconds, outcome.decode_seconds) == (0.5, 1.5)


@asynchronous
async def test_segments_are_short_enough_and_submitted_together(tiny_tokenizer: Tokenizer) -> None:
    engine = EchoEngine(holding=True)
    translator = make_translator(tiny_tokenizer, engine, SHORT_SEGMENTS)
    task = asyncio.create_task(translator.translate(make_job("ein langes Wort, " * 100, "Kurz.")))
    await engine.submitted.wait()
    tag = tiny_tokenizer.tag("en")
    assert len(engine.requests) > 10
    assert all(len(request.source) <= 64 and request.source[0] == tag for request in engine.requests)
    engine.release()
    assert (await task).segments == len(engine.requests)


@asynchronous
async def test_alternatives_widen_the_beam_only_as_far_as_needed(tiny_tokenizer: Tokenizer) -> None:
    engine = EchoEngine()
    translator = make_translator(tiny_tokenizer, engine)
    outcome = await translator.translate(make_job("Ein Hund.", alternatives=2))
    await translator.translate(make_job("Ein Hund.", alternatives=5))
    widths = [(request.options.n_best, request.options.beam_size) for request in engine.requests]
    assert widths == [(3, 3), (6, 6)]
    assert len(outcome.texts[0].alternatives) == 2
    assert outcome.texts[0].text not in [one.text for one in outcome.texts[0].alternatives]


@asynchronous
async def test_what_is_submitted_was_asked_for_elsewhere_before(tiny_tokenizer: Tokenizer) -> None:
    engine = EchoEngine()
    await make_translator(tiny_tokenizer, engine).translate(make_job("Hund. Haus.", "Wo ist er?"))
    assert engine.recalled == engine.requests != []


@asynchronous
async def test_priority_and_deadline_go_with_every_segment(tiny_tokenizer: Tokenizer) -> None:
    engine = EchoEngine()
    job = replace(make_job("Eins. Zwei."), priority=Priority.BULK)
    await make_translator(tiny_tokenizer, engine).translate(job)
    assert [(r.priority, r.deadline) for r in engine.requests] == [(Priority.BULK, job.deadline)] * 2


@asynchronous
async def test_the_same_language_changes_nothing(tiny_tokenizer: Tokenizer) -> None:
    engine = EchoEngine()
    outcome = await make_translator(tiny_tokenizer, engine).translate(make_job("Ein Hund.", target="de"))
    assert outcome.texts[0].text == "Ein Hund."
    assert engine.requests == []


@asynchronous
async def test_an_unknown_direction_is_refused(tiny_tokenizer: Tokenizer) -> None:
    with pytest.raises(UnsupportedLanguage):
        await make_translator(tiny_tokenizer, EchoEngine()).translate(make_job("Ein Hund.", target="fr"))


@asynchronous
async def test_one_failing_segment_fails_the_job_and_frees_the_others(tiny_tokenizer: Tokenizer) -> None:
    poison = tuple(tiny_tokenizer.source_ids("Zwei.", "en"))

    def fail(request: SegmentRequest) -> Translation:
        if request.source == poison:
            raise TranslationFailed("this segment makes the network fail")
        return echo(request)

    engine = EchoEngine(translate=fail, holding=True)
    task = asyncio.create_task(
        make_translator(tiny_tokenizer, engine).translate(make_job("Eins. Zwei. Drei."))
    )
    await engine.submitted.wait()
    engine.finish(0)
    engine.finish(1)
    with pytest.raises(TranslationFailed):
        await task
    assert [ticket.future.cancelled() for ticket in engine.tickets] == [False, False, True]


@asynchronous
async def test_a_cancelled_job_leaves_the_engine(tiny_tokenizer: Tokenizer) -> None:
    engine = EchoEngine(holding=True)
    task = asyncio.create_task(make_translator(tiny_tokenizer, engine).translate(make_job("Eins. Zwei.")))
    await engine.submitted.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert all(ticket.future.cancelled() for ticket in engine.tickets)


@asynchronous
async def test_an_engine_that_forgets_a_deadline_does_not_keep_the_caller(
    tiny_tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running_job, "DEADLINE_GRACE_SECONDS", 0.0)
    engine = EchoEngine(holding=True)
    with pytest.raises(DeadlineExceeded):
        await make_translator(tiny_tokenizer, engine).translate(make_job("Eins.", seconds=0.05))
    assert engine.tickets[0].future.cancelled()


@asynchronous
async def test_a_full_queue_refuses_before_any_work(
    tiny_tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "Planner", None)  # would fail if it were made
    engine = EchoEngine(now=replace(IDLE, queue_segments=10))
    translator = make_translator(tiny_tokenizer, engine, Settings(max_queue_segments=10))
    with pytest.raises(Overloaded):
        await translator.translate(make_job("Eins."))


@pytest.mark.parametrize(("sentences", "elsewhere"), [(10, False), (1000, True)])
@asynchronous
async def test_a_large_job_is_prepared_off_the_event_loop(
    tiny_tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch, sentences: int, elsewhere: bool
) -> None:
    threads: list[threading.Thread] = []

    class Watched(Planner):
        def segment(self, text: AnnotatedText) -> tuple[MaskedText, list[Piece]]:
            threads.append(threading.current_thread())
            return super().segment(text)

    monkeypatch.setattr(module, "Planner", Watched)
    text = "Der Hund läuft. " * sentences
    outcome = await make_translator(tiny_tokenizer, EchoEngine()).translate(make_job(text))
    assert outcome.texts[0].text == text
    assert (threads[0] is not threading.main_thread()) == elsewhere


@asynchronous
async def test_metrics_are_told(tiny_tokenizer: Tokenizer) -> None:
    metrics = Metrics(CollectorRegistry(), lambda: ())
    await make_translator(tiny_tokenizer, EchoEngine(), metrics=metrics).translate(
        make_job("Eins.", "  ", "12")
    )
    value = metrics.registry.get_sample_value
    assert value("translation_source_characters_total") == 9
    assert value("translation_confidence_count") == 1
    for stage in ("segment", "tokenize", "detokenize"):
        assert value("translation_stage_seconds_count", {"stage": stage}) == 1


@given(
    st.lists(st.text(st.characters(codec="utf-8"), max_size=60), max_size=4), st.sampled_from(["de", "en"])
)
@checks(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_the_passages_of_a_text_add_up_to_its_translation(
    tiny_tokenizer: Tokenizer, texts: list[str], target: str
) -> None:
    async def run() -> None:
        translator = make_translator(tiny_tokenizer, EchoEngine(), SHORT_SEGMENTS)
        async with translator.begin(make_job(*texts, target=target)) as running:
            passages = [passage async for passage in running.passages()]
            outcome = await running.outcome()
        assert [sum(p.item == item for p in passages) for item in range(len(texts))] == list(running.lengths)
        for item, text in enumerate(outcome.texts):
            parts = [passage.translation for passage in passages if passage.item == item]
            assert "".join(part.text for part in parts) == text.text
            assert sum(part.segments for part in parts) == text.segments

    asyncio.run(run())


@asynchronous
async def test_a_passage_does_not_wait_for_later_ones(tiny_tokenizer: Tokenizer) -> None:
    engine = EchoEngine(holding=True)
    translator = make_translator(tiny_tokenizer, engine)
    async with translator.begin(make_job(" Eins.\nZwei. Drei.")) as running:
        passages = running.passages()
        engine.finish(1)  # out of order: it must wait for the first
        first = asyncio.ensure_future(anext(passages))
        await asyncio.sleep(0)
        assert not first.done()
        engine.finish(0)
        assert [(await first).translation.text, (await anext(passages)).translation.text] == [
            " Eins.\n",
            "Zwei. ",
        ]
    assert [ticket.future.cancelled() for ticket in engine.tickets] == [False, False, True]


@asynchronous
async def test_a_passage_is_not_waited_for_past_the_deadline(
    tiny_tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running_job, "DEADLINE_GRACE_SECONDS", 0.0)
    engine = EchoEngine(holding=True)
    translator = make_translator(tiny_tokenizer, engine)
    async with translator.begin(make_job("Eins. Zwei.", seconds=0.05)) as running:
        engine.finish(0)
        passages = running.passages()
        await anext(passages)
        with pytest.raises(DeadlineExceeded):
            await anext(passages)
