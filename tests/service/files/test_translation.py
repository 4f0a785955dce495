"""A file's texts through the engine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from service.engine.request import Priority
from service.errors import DeadlineExceeded, Overloaded, TranslationFailed
from service.files import translation as module
from service.files.translation import BATCHES_AT_ONCE, Direction, batches, translate_texts
from service.job import Job, Outcome
from service.restoring import TranslatedText
from service.text.annotated import AnnotatedText, plain, unchanged
from tests.service.harness import asynchronous

Answer = Callable[[Job], None]


class Translator:
    """Gives back what it is given, after ``answer`` has seen it."""

    def __init__(self, answer: Answer = lambda job: None) -> None:
        self.jobs: list[Job] = []
        self.running = self.most = self.cancelled = 0
        self._answer = answer

    async def translate(self, job: Job) -> Outcome:
        self.jobs.append(job)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(0.001)
            self._answer(job)
            return Outcome(tuple(TranslatedText(unchanged(text)) for text in job.texts))
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1


def direction(seconds: float = 60.0) -> Direction:
    return Direction("de", "en", time.monotonic() + seconds)


@pytest.mark.parametrize("count", [0, 1, 64, 65, 1000])
@asynchronous
async def test_all_texts_are_translated_in_order_a_few_at_once(count: int) -> None:
    texts = plain(f"Text {number}" for number in range(count))
    translator, done = Translator(), list[int]()
    translations = await translate_texts(translator, texts, direction(), done.append)
    assert [one.text for one in translations] == [one.text for one in texts]
    assert translator.most <= BATCHES_AT_ONCE
    assert {job.priority for job in translator.jobs} <= {Priority.BULK}
    assert sum(done) == sum(len(one.text) for one in texts)


@pytest.mark.parametrize("lengths", [[], [10_000], [1] * 200, [3000, 3000, 900, 5000, 1], [4000, 0, 1]])
def test_batches(lengths: list[int]) -> None:
    texts = plain("x" * length for length in lengths)
    runs = list(batches(texts))
    assert [one for run in runs for one in run] == list(texts)
    for run in runs:
        assert 1 <= len(run) <= module.BATCH_TEXTS
        assert len(run) == 1 or sum(len(one.text) for one in run) <= module.BATCH_CHARACTERS


@asynchronous
async def test_a_full_queue_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.001)
    refusals = iter([True, True, False])

    def refuse(job: Job) -> None:
        if next(refusals):
            raise Overloaded("the queue is full")

    translator = Translator(refuse)
    (translation,) = await translate_texts(translator, plain(["a"]), direction(), lambda _: None)
    assert (translation.text, len(translator.jobs)) == ("a", 3)


@asynchronous
async def test_patience_ends_with_the_deadline() -> None:
    def refuse(job: Job) -> None:
        raise Overloaded("the queue is full")

    with pytest.raises(DeadlineExceeded):
        await translate_texts(Translator(refuse), plain(["a"]), direction(0.1), lambda _: None)


@asynchronous
async def test_one_failure_ends_the_others() -> None:
    def fail(job: Job) -> None:
        if job.texts[0].text.startswith("bad"):
            raise TranslationFailed("this segment makes the network fail")

    texts = [AnnotatedText("x" * 4000), AnnotatedText("bad" * 1000), *plain(["y" * 4000] * 9)]
    translator = Translator(fail)
    with pytest.raises(TranslationFailed):
        await translate_texts(translator, texts, direction(), lambda _: None)
    assert translator.running == 0
    assert len(translator.jobs) < len(texts)
