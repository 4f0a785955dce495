"""A flagged translation is decoded once more, and the better one is returned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from model.decoding.hypothesis import Hypothesis, Translation
from model.tokenizer import Tokenizer
from service.engine.request import SegmentRequest
from service.errors import DeadlineExceeded, NotReady, Overloaded, TranslationFailed
from tests.service.fakes import EchoEngine
from tests.service.harness import asynchronous, ready_client

LOOP = "the house the house the house the house"
GOOD = "The house is green."
SOURCE = "Das Haus ist grün."


class TwoWays(EchoEngine):
    """Beam search says ``first``, drawing says ``second``."""

    def __init__(self, tokenizer: Tokenizer, first: str, *second: str) -> None:
        super().__init__(translate=self.say)
        self.tokenizer = tokenizer
        self.first = first
        self.second = second

    def say(self, request: SegmentRequest) -> Translation:
        texts = self.second if request.options.strategy == "sample" else (self.first,)
        return Translation(tuple(self.hypothesis(request, text) for text in texts), steps=1)

    def hypothesis(self, request: SegmentRequest, text: str) -> Hypothesis:
        tokens = tuple(self.tokenizer.encode(text))
        return Hypothesis(tokens, -1.0, -1.0, (1.0,) * len(request.source), truncated=False)

    @property
    def strategies(self) -> list[str]:
        return [request.options.strategy for request in self.requests]


async def translated(
    checkpoint: Path, engine: EchoEngine, q: Any = SOURCE, *, tries: bool = True
) -> tuple[Any, dict[str, float]]:
    """The translation, and the counts that are not zero of flags and second tries."""
    async with ready_client(checkpoint, engine, {"second_tries": tries}) as client:
        body = {"q": q, "source": "de", "target": "en"}
        response = await client.post("/translate", json=body)
        metrics = (await client.get("/metrics")).text
    assert response.status_code == 200
    lines = [line.rpartition(" ") for line in metrics.splitlines() if not line.startswith("#")]
    counts = {
        name: float(value)
        for name, _, value in lines
        if name.startswith(("translation_flagged_segments_total", "translation_second_tries_total"))
    }
    return response.json()["translatedText"], {name: value for name, value in counts.items() if value}


FIRST = 'translation_flagged_segments_total{flag="repetition",stage="first"}'
FINAL = 'translation_flagged_segments_total{flag="repetition",stage="final"}'
BETTER = 'translation_second_tries_total{result="better"}'
NO_BETTER = 'translation_second_tries_total{result="no_better"}'


@asynchronous
async def test_the_better_one_is_returned(tiny_checkpoint: Path, tiny_tokenizer: Tokenizer) -> None:
    engine = TwoWays(tiny_tokenizer, LOOP, LOOP, GOOD)
    assert await translated(tiny_checkpoint, engine) == (GOOD, {FIRST: 1.0, BETTER: 1.0})
    assert engine.strategies == ["beam", "sample"]


@asynchronous
async def test_what_is_no_better_is_not_taken(tiny_checkpoint: Path, tiny_tokenizer: Tokenizer) -> None:
    engine = TwoWays(tiny_tokenizer, LOOP, "a dog a dog a dog a dog")
    text, counts = await translated(tiny_checkpoint, engine)
    assert text.lower() == LOOP
    assert counts == {FIRST: 1.0, FINAL: 1.0, NO_BETTER: 1.0}
    assert engine.strategies == ["beam", "sample"]  # and no third one


@asynchronous
async def test_what_is_not_flagged_is_not_tried_again(
    tiny_checkpoint: Path, tiny_tokenizer: Tokenizer
) -> None:
    engine = TwoWays(tiny_tokenizer, GOOD, LOOP)
    assert await translated(tiny_checkpoint, engine) == (GOOD, {})
    assert engine.strategies == ["beam"]


@asynchronous
async def test_second_tries_can_be_turned_off(tiny_checkpoint: Path, tiny_tokenizer: Tokenizer) -> None:
    engine = TwoWays(tiny_tokenizer, LOOP, GOOD)
    text, counts = await translated(tiny_checkpoint, engine, tries=False)
    assert text.lower() == LOOP
    assert counts == {FIRST: 1.0, FINAL: 1.0}


@pytest.mark.parametrize("error", [DeadlineExceeded("late"), TranslationFailed("it fails"), NotReady("no")])
def test_when_the_second_try_fails_the_first_will_do(
    tiny_checkpoint: Path, tiny_tokenizer: Tokenizer, error: Exception
) -> None:
    class Failing(TwoWays):
        def say(self, request: SegmentRequest) -> Translation:
            if request.options.strategy == "sample":
                raise error
            return super().say(request)

    @asynchronous
    async def run() -> None:
        text, counts = await translated(tiny_checkpoint, Failing(tiny_tokenizer, LOOP, GOOD))
        assert text.lower() == LOOP
        assert counts == {FIRST: 1.0, FINAL: 1.0, NO_BETTER: 1.0}

    run()


@pytest.mark.parametrize("refusal", [Overloaded("full"), NotReady("draining")])
def test_when_the_second_try_is_refused_the_first_will_do(
    tiny_checkpoint: Path, tiny_tokenizer: Tokenizer, refusal: Exception
) -> None:
    class Refusing(TwoWays):
        def submit(self, requests: list[SegmentRequest]) -> Any:
            tickets = super().submit(requests)
            self.refusal = refusal
            return tickets

    @asynchronous
    async def run() -> None:
        text, counts = await translated(tiny_checkpoint, Refusing(tiny_tokenizer, LOOP, GOOD))
        assert text.lower() == LOOP
        assert counts == {FIRST: 1.0, FINAL: 1.0}

    run()


@pytest.mark.parametrize(("texts", "tries"), [(3, 3), (4, 4), (10, 4), (40, 10)])
def test_a_flood_of_noise_is_tried_again_in_part(
    tiny_checkpoint: Path, tiny_tokenizer: Tokenizer, texts: int, tries: int
) -> None:
    engine = TwoWays(tiny_tokenizer, LOOP, GOOD)

    @asynchronous
    async def run() -> None:
        found, counts = await translated(tiny_checkpoint, engine, [SOURCE] * texts)
        assert found.count(GOOD) == tries
        assert counts[FIRST] == texts
        assert counts[BETTER] == tries

    run()
    assert engine.strategies.count("sample") == tries


@asynchronous
async def test_second_tries_of_a_job_run_together(tiny_checkpoint: Path, tiny_tokenizer: Tokenizer) -> None:
    """All of them have been submitted before the first one is awaited."""

    class Late(TwoWays):
        def submit(self, requests: list[SegmentRequest]) -> Any:
            self.holding = requests[0].options.strategy == "sample"
            tickets = super().submit(requests)
            if self.strategies.count("sample") == 3:
                self.release()
            return tickets

    engine = Late(tiny_tokenizer, LOOP, GOOD)
    text, _ = await translated(tiny_checkpoint, engine, "Eins zwei drei. Das Haus. Zwei Hunde!")
    assert text == " ".join([GOOD] * 3)
