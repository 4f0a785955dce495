"""Metrics: each event counts once, under a bounded label; gauges are asked for when scraped."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families as parse

from model.config import DecodingOptions
from model.tokenizer import Tokenizer
from service.engine.observer import Observer, Stage
from service.engine.request import Priority
from service.metrics import Metrics
from service.registry import Served
from tests.service.fakes import IDLE, EchoEngine

DOCUMENTED = {
    "http_server_request_duration_seconds",
    "translation_requests_total",
    "translation_rejected_total",
    "translation_cancelled_total",
    "translation_queue_segments",
    "translation_queue_tokens",
    "translation_queue_oldest_seconds",
    "translation_running_segments",
    "translation_queue_seconds",
    "translation_stage_seconds",
    "translation_batch_rows",
    "translation_batch_padding_ratio",
    "translation_step_seconds",
    "translation_source_tokens_total",
    "translation_target_tokens_total",
    "translation_source_characters_total",
    "translation_confidence",
    "translation_model_info",
    "translation_model_ready",
    "translation_model_load_seconds",
}


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(CollectorRegistry(), lambda: ())


def value(metrics: Metrics, name: str, labels: Mapping[str, str] | None = None) -> float | None:
    return metrics.registry.get_sample_value(name, dict(labels or {}))


def observe_everything(observer: Observer) -> None:
    observer.batch_encoded(rows=8, padding_ratio=0.25, seconds=0.01)
    observer.step_done(rows=16, padding_ratio=0.5, seconds=0.002)
    observer.segment_started(Priority.BULK, queue_seconds=0.3)
    observer.segment_finished(source_tokens=10, target_tokens=12, decode_seconds=0.2)
    observer.segment_failed()
    observer.segment_expired(Stage.QUEUED)
    observer.segment_cancelled(Stage.DECODING)


def test_what_the_engine_tells_is_counted(metrics: Metrics) -> None:
    observe_everything(metrics)
    for name, labels, expected in [
        ("translation_batch_rows_sum", {"phase": "encode"}, 8),
        ("translation_batch_rows_sum", {"phase": "decode"}, 16),
        ("translation_batch_padding_ratio_sum", {"phase": "encode"}, 0.25),
        ("translation_batch_padding_ratio_sum", {"phase": "decode"}, 0.5),
        ("translation_stage_seconds_sum", {"stage": "encode"}, 0.01),
        ("translation_stage_seconds_sum", {"stage": "decode"}, 0.2),
        ("translation_step_seconds_sum", {}, 0.002),
        ("translation_queue_seconds_sum", {"priority": "bulk"}, 0.3),
        ("translation_queue_seconds_count", {"priority": "interactive"}, 0),
        ("translation_source_tokens_total", {}, 10),
        ("translation_target_tokens_total", {}, 12),
        ("translation_failed_segments_total", {}, 1),
        ("translation_expired_segments_total", {"stage": "queued"}, 1),
        ("translation_cancelled_total", {"stage": "decoding"}, 1),
        ("translation_cancelled_total", {"stage": "queued"}, 0),
    ]:
        assert value(metrics, name, labels) == pytest.approx(expected), name


def test_requests_and_refusals_are_counted_from_zero(metrics: Metrics) -> None:
    overloaded = {"api": "libretranslate", "outcome": "overloaded"}
    assert value(metrics, "translation_requests_total", overloaded) == 0
    assert value(metrics, "translation_rejected_total", {"reason": "queue_full"}) == 0
    metrics.request_answered("libretranslate", "overloaded", "queue_full")
    metrics.request_answered("libretranslate", "ok", None)
    assert value(metrics, "translation_requests_total", overloaded) == 1
    assert value(metrics, "translation_rejected_total", {"reason": "queue_full"}) == 1


def test_gauges_are_as_of_the_scrape_and_sum_over_engines(tiny_tokenizer: Tokenizer) -> None:
    engines = [EchoEngine(), EchoEngine()]
    served = [
        Served(name, name * 8, (("de", "en"),), tiny_tokenizer, DecodingOptions(), engine, load_seconds=1.5)
        for name, engine in zip("ab", engines, strict=True)
    ]
    metrics = Metrics(CollectorRegistry(), lambda: served)
    assert value(metrics, "translation_queue_segments") == 0
    engines[0].now = replace(IDLE, queue_segments=3, queue_tokens=30, queue_oldest_seconds=0.5)
    engines[1].now = replace(
        IDLE, ready=False, queue_segments=4, queue_tokens=5, queue_oldest_seconds=2.0, running_segments=6
    )
    assert value(metrics, "translation_queue_segments") == 7
    assert value(metrics, "translation_queue_tokens") == 35
    assert value(metrics, "translation_queue_oldest_seconds") == 2.0
    assert value(metrics, "translation_running_segments") == 6
    one = {"checkpoint": "a", "digest": "a" * 8}
    assert value(metrics, "translation_model_ready", one) == 1
    assert value(metrics, "translation_model_ready", {"checkpoint": "b", "digest": "b" * 8}) == 0
    assert value(metrics, "translation_model_load_seconds", one) == 1.5
    assert value(metrics, "translation_model_info", {**one, "directions": "de>en"}) == 1


def test_every_documented_metric_is_exposed_and_parses(metrics: Metrics) -> None:
    observe_everything(metrics)
    metrics.http_answered("/translate", "POST", 200, 0.1)
    text = generate_latest(metrics.registry).decode()
    kinds = {family.name: family.type for family in parse(text)}
    exposed = {f"{name}_total" if kind == "counter" else name for name, kind in kinds.items()}
    assert exposed >= DOCUMENTED
    for line in text.splitlines():
        if line.startswith("# HELP"):
            assert len(line.split(maxsplit=3)) == 4, line


def test_two_applications_do_not_share_metrics(metrics: Metrics) -> None:
    other = Metrics(CollectorRegistry(), lambda: ())
    metrics.segment_failed()
    assert value(other, "translation_failed_segments_total") == 0


def test_threads_may_count_at_once(metrics: Metrics) -> None:
    def count() -> None:
        for _ in range(500):
            metrics.segment_finished(1, 1, 0.1)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert value(metrics, "translation_source_tokens_total") == 2000
    assert value(metrics, "translation_stage_seconds_count", {"stage": "decode"}) == 2000
