"""What the service does around decoding, one thing after the other, over the same sentences."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import TypeVar

from prometheus_client import CollectorRegistry

from benchmarks.thin_offline import MAX_SEGMENT_TOKENS
from model.checkpoint import Checkpoint
from model.decoding.hypothesis import Translation
from service.api.parameters import validated
from service.api.schemas import TranslateRequest
from service.api.shaping import make_response
from service.api.work import Answer
from service.engine.request import SegmentResult
from service.finishing import Finisher
from service.logs import FIELDS, JsonFormatter
from service.metrics import Metrics
from service.plan import Plan, Planner
from service.quality.assessment import Assessor
from service.restoring import restore
from service.text.annotated import plain
from service.text.truecasing import Truecaser
from service.trial import Decoded

Before = TypeVar("Before")
After = TypeVar("After")


class Parts:
    """Times parts; each is done once for every item, after a pass that is not timed.

    Attributes:
        microseconds: of processor time an item, by what is done.
    """

    def __init__(self) -> None:
        self.microseconds: dict[str, float] = {}

    def time(self, name: str, work: Callable[[Before], After], items: Sequence[Before]) -> list[After]:
        """``work`` of every item."""
        for item in items[:100]:
            work(item)
        begin = time.thread_time()
        done = [work(item) for item in items]
        self.microseconds[name] = 1e6 * (time.thread_time() - begin) / len(items)
        return done


def measure_parts(
    checkpoint: Checkpoint,
    direction: tuple[str, str],
    sentences: Sequence[str],
    decode: Callable[[Sequence[Sequence[int]]], Sequence[Translation]],
) -> Mapping[str, float]:
    """Microseconds of processor time a sentence, by what is done.

    Args:
        checkpoint: whose vocabulary and calibration are used.
        direction: source and target language.
        sentences: in the source language, each a text of its own.
        decode: translations of token ids.
    """
    parts, tokenizer = Parts(), checkpoint.tokenizer
    source, target = direction
    truecaser = Truecaser(tokenizer)
    planner = Planner(tokenizer, truecaser, source, target, MAX_SEGMENT_TOKENS)
    assessor = Assessor(tokenizer, checkpoint.config.calibration, checkpoint.config.model.attention != "none")
    finisher = Finisher(tokenizer, truecaser, target)
    bodies = parts.time(
        "JSON and its validation",
        lambda text: validated(
            TranslateRequest, json.loads(json.dumps({"q": text, "source": source, "target": target}))
        ),
        sentences,
    )
    texts = plain(tuple(sentences))
    pieces = parts.time("spans and sentences", planner.segment, texts)
    plans = parts.time("casing and tokens", lambda piece: planner.tokenize(piece[0], (), piece[1]), pieces)
    waiting = iter(decode([segment.source for plan in plans for segment in plan.segments]))
    translated = [(plan, list(islice(waiting, len(plan.segments)))) for plan in plans]
    decoded = parts.time(
        "quality signals", lambda one: _judged(assessor, one[0], one[1], direction), translated
    )
    restored = parts.time(
        "finishing",
        lambda one: restore(one[0], one[1], finisher, 0),
        list(zip(plans, decoded, strict=True)),
    )
    parts.time(
        "answer",
        lambda one: make_response(one[0], Answer((one[1],), None)).model_dump_json(exclude_none=True),
        list(zip(bodies, restored, strict=True)),
    )
    parts.time("line of the log", _line, sentences)
    parts.time("metrics of the request", _Counted(), sentences)
    return parts.microseconds


def _judged(
    assessor: Assessor, plan: Plan, translations: Sequence[Translation], direction: tuple[str, str]
) -> list[Decoded]:
    return [
        Decoded(
            segment,
            SegmentResult(translation, 0.0, 0.0),
            assessor.assess(segment.source, translation.best, *direction),
        )
        for segment, translation in zip(plan.segments, translations, strict=True)
    ]


def _line(_: str) -> str:
    record = logging.LogRecord("service.request", logging.INFO, "", 0, "request", None, None)
    fields = {
        "request_id": "0" * 32,
        "route": "/translate",
        "method": "POST",
        "status": 200,
        "duration_seconds": 0.123456,
        "characters": 50,
        "segments": 1,
        "queue_seconds": 0.001234,
        "decode_seconds": 0.123456,
    }
    setattr(record, FIELDS, fields)
    return JsonFormatter().format(record)


class _Counted:
    """What is counted of a request, the engine's own metrics left out."""

    def __init__(self) -> None:
        self._metrics = Metrics(CollectorRegistry(), lambda: ())

    def __call__(self, text: str) -> None:
        for stage in ("segment", "tokenize", "detokenize"):
            with self._metrics.stage(stage):
                pass
        self._metrics.segment_reviewed((), (), second_try=None)
        self._metrics.texts_translated(len(text), [0.5])
        self._metrics.http_answered("/translate", "POST", 200, 0.1)
        self._metrics.request_answered("libretranslate", "ok", None)
