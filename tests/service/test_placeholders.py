"""What the translator does about a network that keeps its placeholders, or does not."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from model.config import DecodingOptions
from model.decoding.hypothesis import Hypothesis, Translation
from model.tokenizer import Tokenizer
from service.engine.request import Priority, SegmentRequest
from service.errors import Overloaded
from service.job import Job
from service.metrics import Metrics
from service.registry import Registry, Served
from service.settings import Settings
from service.text.annotated import AnnotatedText, AnnotatedTranslation, Mark, Placement, Range
from service.translator import Translator
from tests.service.fakes import EchoEngine, echo
from tests.service.harness import asynchronous

Network = Callable[[SegmentRequest], Translation]


def writing(tokenizer: Tokenizer, *texts: str) -> Network:
    """A network that writes ``texts``, best first, and reads in proportion."""

    def translate(request: SegmentRequest) -> Translation:
        hypotheses = []
        for text in texts[: request.options.n_best]:
            tokens = tuple(tokenizer.encode(text))
            rows = np.linspace(1, len(request.source) - 2, len(tokens)).round().astype(int)
            attention = np.zeros((len(tokens) + 1, len(request.source)), dtype=np.float32)
            attention[np.arange(len(tokens)), rows] = 1.0
            attention[-1, -1] = 1.0
            wanted = attention if request.attention else None
            hypotheses.append(Hypothesis(tokens, -1.0, -1.0, (1.0,) * len(request.source), False, wanted))
        return Translation(tuple(hypotheses), steps=1)

    return translate


async def translate(tokenizer: Tokenizer, engine: EchoEngine, text: AnnotatedText) -> AnnotatedTranslation:
    served = Served("tiny", "0" * 64, (("de", "en"),), tokenizer, DecodingOptions(beam_size=3), engine)
    translator = Translator(Registry([served]), Settings(), Metrics(CollectorRegistry(), lambda: ()))
    job = Job((text,), "de", "en", 0, Priority.INTERACTIVE, time.monotonic() + 60)
    return (await translator.translate(job)).texts[0].best


def placements(translation: AnnotatedTranslation) -> list[Placement]:
    return [span.placement for span in translation.spans]


def sources(tokenizer: Tokenizer, requests: Sequence[SegmentRequest]) -> list[str]:
    return [tokenizer.decode(request.source) for request in requests]


@asynchronous
async def test_each_span_is_a_placeholder_and_all_hypotheses_are_wanted(copying_tokenizer: Tokenizer) -> None:
    one, two = copying_tokenizer.placeholders[:2]
    engine = EchoEngine(translate=writing(copying_tokenizer, f"Am {two} kommt {one}."))
    text = AnnotatedText("{name} kommt um 12:30.")
    translation = await translate(copying_tokenizer, engine, text)
    assert translation.text == "Am 12:30 kommt {name}."
    assert placements(translation) == [Placement.NETWORK, Placement.NETWORK]
    assert [span.target for span in translation.spans] == [Range(15, 21), Range(3, 8)]
    assert sources(copying_tokenizer, engine.requests) == [f"{one} kommt um {two}."]
    assert (engine.requests[0].options.n_best, engine.requests[0].attention) == (3, True)


@asynchronous
async def test_a_hypothesis_that_has_kept_them_goes_before_a_better_one(copying_tokenizer: Tokenizer) -> None:
    (one, *_) = copying_tokenizer.placeholders
    network = writing(copying_tokenizer, "Kommt er?", f"Kommt {one} {one}?", f"Er kommt, {one}.")
    engine = EchoEngine(translate=network)
    translation = await translate(copying_tokenizer, engine, AnnotatedText("{name} kommt."))
    assert translation.text == "Er kommt, {name}."
    assert len(engine.requests) == 1


@asynchronous
async def test_if_none_has_the_spans_themselves_are_read(copying_tokenizer: Tokenizer) -> None:
    (one, *_) = copying_tokenizer.placeholders

    def network(request: SegmentRequest) -> Translation:
        lost = one in copying_tokenizer.decode(request.source)
        return writing(copying_tokenizer, "Kommt er?" if lost else "Es ist 12:30, ja.")(request)

    engine = EchoEngine(translate=network)
    translation = await translate(copying_tokenizer, engine, AnnotatedText("Um 12:30 kommt 😀 er an."))
    assert sources(copying_tokenizer, engine.requests)[1] == "Um 12:30 kommt er an."
    assert translation.text.replace(" 😀", "") == "Es ist 12:30, ja."
    assert placements(translation) == [Placement.NETWORK, Placement.ALIGNMENT]
    assert [span.placement for span in translation.fallbacks] == [Placement.ALIGNMENT]


@asynchronous
async def test_if_that_is_refused_the_first_translation_has_to_do(copying_tokenizer: Tokenizer) -> None:
    engine = EchoEngine()

    def network(request: SegmentRequest) -> Translation:
        engine.refusal = Overloaded("the queue is full")
        return writing(copying_tokenizer, "Er kommt an.")(request)

    engine.translate = network
    translation = await translate(copying_tokenizer, engine, AnnotatedText("{name} kommt an."))
    assert translation.text.count("{name}") == 1
    assert translation.text != "{name} kommt an."
    assert len(engine.requests) == 1


@asynchronous
async def test_more_spans_than_placeholders(copying_tokenizer: Tokenizer) -> None:
    count = len(copying_tokenizer.placeholders)
    names = [f"1{number}:30" for number in range(count + 2)]
    engine = EchoEngine()
    translation = await translate(
        copying_tokenizer, engine, AnnotatedText(f"{' und '.join(names)} und 1999.")
    )
    assert translation.text == f"{' und '.join(names)} und 1999."
    assert sources(copying_tokenizer, engine.requests)[0].endswith(f"und {names[-1]} und 1999.")


@pytest.mark.parametrize("text", ["{a} {b}", "😀 https://a.de!", "5 kg, 1999", "<b>{x}</b>", "12:30 - 13:00"])
@asynchronous
async def test_what_is_nothing_but_spans_is_copied(copying_tokenizer: Tokenizer, text: str) -> None:
    engine = EchoEngine()
    translation = await translate(copying_tokenizer, engine, AnnotatedText(text))
    assert (translation.text, engine.requests) == (text, [])
    assert set(placements(translation)) == {Placement.NETWORK}


@asynchronous
async def test_a_callers_ranges_and_marks_come_along(copying_tokenizer: Tokenizer) -> None:
    (one, *_) = copying_tokenizer.placeholders
    engine = EchoEngine(translate=writing(copying_tokenizer, f"{one} ist das."))
    text = AnnotatedText("Das ist Der Hund.", (Range(8, 16),), (Mark(7, 8, 16), Mark(9, 12, 16)))
    translation = await translate(copying_tokenizer, engine, text)
    assert translation.text == "Der Hund ist das."
    assert translation.marks == (Mark(7, 0, 8), Mark(9, 4, 8))


@asynchronous
async def test_lines_within_what_is_protected_are_left_alone(copying_tokenizer: Tokenizer) -> None:
    engine = EchoEngine()
    text = "Das Haus:\n  x = 1\n  y = 2\nund der Hund"
    code = Range(text.index("  x"), text.index("\nund"))
    translation = await translate(copying_tokenizer, engine, AnnotatedText(text, (code,)))
    assert translation.text == text
    assert sources(copying_tokenizer, engine.requests) == ["Das Haus:", "und der Hund"]


@asynchronous
async def test_attention_is_asked_for_only_where_something_has_to_be_placed(
    copying_tokenizer: Tokenizer,
) -> None:
    engine = EchoEngine(translate=echo)
    await translate(copying_tokenizer, engine, AnnotatedText("Ein Hund. Ein {x} Hund."))
    await translate(copying_tokenizer, engine, AnnotatedText("Ein Hund.", (), (Mark(1, 0, 3),)))
    assert [request.attention for request in engine.requests] == [False, True, True]
