"""Protected spans come out exactly as they went in, each exactly once, whatever a network does to them."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import pytest
from prometheus_client import CollectorRegistry

from model.config import DecodingOptions
from model.tokenizer import Tokenizer
from service.engine.request import Priority
from service.job import Job
from service.metrics import Metrics
from service.registry import Registry, Served
from service.settings import Settings
from service.text.annotated import AnnotatedText, AnnotatedTranslation, plain
from service.text.spans import find_spans
from service.translator import Translator
from tests.service.fakes import EchoEngine
from tests.service.spans_in_texts import SPANS, Vandal, texts

_PRIVATE_USE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")


def translate(
    tokenizer: Tokenizer, originals: Sequence[AnnotatedText], seed: int
) -> list[AnnotatedTranslation]:
    vandal = Vandal(tokenizer, random.Random(seed))
    engine = EchoEngine(translate=vandal)
    served = Served("tiny", "0" * 64, (("de", "en"),), tokenizer, DecodingOptions(beam_size=3), engine)
    settings = Settings(max_segment_tokens=128, second_tries=False)
    translator = Translator(Registry([served]), settings, Metrics(CollectorRegistry(), lambda: ()))
    deadline = time.monotonic() + 600
    job = Job(tuple(originals), "de", "en", 0, Priority.BULK, deadline)
    outcome = asyncio.run(translator.translate(job))
    return [text.best for text in outcome.texts]


def check(original: AnnotatedText, translation: AnnotatedTranslation) -> None:
    """Every span is there once, and nothing that only stood for one."""
    spans = find_spans(original.text, original.protected)
    assert [placed.source for placed in translation.spans] == [span.range for span in spans]
    for span, placed in zip(spans, translation.spans, strict=True):
        assert translation.text[placed.target.start : placed.target.end] == span.text
    targets = sorted(placed.target for placed in translation.spans)
    assert all(left.end <= right.start for left, right in pairwise(targets))
    found = Counter(_PRIVATE_USE.findall(translation.text))
    assert found == Counter(_PRIVATE_USE.findall(original.text))


@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("has_placeholders", [True, False])
def test_ten_thousand_texts_keep_all_of_them(
    tiny_tokenizer: Tokenizer, copying_tokenizer: Tokenizer, has_placeholders: bool, part: int
) -> None:
    originals = plain(texts(1250, seed=part))
    tokenizer = copying_tokenizer if has_placeholders else tiny_tokenizer
    for original, translation in zip(originals, translate(tokenizer, originals, seed=part), strict=True):
        check(original, translation)
        for span in SPANS:
            assert translation.text.count(span) >= original.text.count(span)
