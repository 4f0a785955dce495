"""`source: auto` and /detect."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.config import DecodingOptions
from model.tokenizer import Tokenizer
from service.api.work import detect
from service.errors import Overloaded
from service.registry import Registry, Served
from service.text.detection import Detection, Detector
from tests.service.fakes import EchoEngine
from tests.service.harness import asynchronous, ready_client

GERMAN = "Wo ist denn hier der Bahnhof?"
ENGLISH = "Where is the railway station?"
MIXED = [GERMAN, ENGLISH, "12", GERMAN]


@asynchronous
async def test_a_text_and_a_list(tiny_checkpoint: Path, tiny_tokenizer: Tokenizer) -> None:
    engine = EchoEngine()
    async with ready_client(tiny_checkpoint, engine) as client:
        one = (await client.post("/translate", json={"q": GERMAN, "source": "auto", "target": "en"})).json()
        mixed = (await client.post("/translate", json={"q": MIXED, "source": "AUTO", "target": "en"})).json()
        none = (await client.post("/translate", json={"q": [], "source": "auto", "target": "en"})).json()
        known = (await client.post("/translate", json={"q": GERMAN, "source": "de", "target": "en"})).json()
    assert one["translatedText"] == GERMAN
    assert one["detectedLanguage"]["language"] == "de"
    assert 50 < one["detectedLanguage"]["confidence"] <= 100
    assert mixed["translatedText"] == MIXED
    assert [item["language"] for item in mixed["detectedLanguage"]] == ["de", "en", "en", "de"]
    assert mixed["detectedLanguage"][2]["confidence"] == 0.0
    assert [score == 1.0 for score in mixed["score"]] == [False, True, True, False], "English was translated"
    assert none == {"translatedText": [], "detectedLanguage": [], "score": []}
    assert "detectedLanguage" not in known


@asynchronous
async def test_texts_are_put_back_where_they_were(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint) as client:
        body = {"q": [ENGLISH, GERMAN] * 20, "source": "auto", "target": "de", "alternatives": 1}
        answer = (await client.post("/translate", json=body)).json()
    assert answer["translatedText"] == body["q"]
    assert [bool(further) for further in answer["alternatives"]] == [True, False] * 20


@asynchronous
async def test_detection(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint) as client:
        answers = [
            await client.post("/detect", json={"q": GERMAN, "api_key": None}),
            await client.post("/detect", data={"q": GERMAN}),
            await client.post("/detect", params={"q": GERMAN}),
        ]
        nothing = await client.post("/detect", json={"q": "🙂"})
    for answer in answers:
        (found,) = answer.json()
        assert set(found) == {"confidence", "language"}
        assert found["language"] == "de"
        assert 50 < found["confidence"] <= 100
    assert nothing.json() == [{"confidence": 0.0, "language": "en"}]


@pytest.mark.parametrize(("target", "taken_for"), [("de", "en"), ("fr", "fr"), ("en", "en"), (None, "en")])
@asynchronous
async def test_what_says_nothing_is_never_a_direction_that_is_not_served(
    tiny_tokenizer: Tokenizer, target: str | None, taken_for: str
) -> None:
    directions = (("en", "de"), ("it", "fr"))  # no way from English to French
    served = Served("tiny", "0" * 64, directions, tiny_tokenizer, DecodingOptions(), EchoEngine())
    found = await detect(Detector(), ["7"], Registry([served]), target)
    assert found == (Detection(taken_for, 0.0),)


@asynchronous
async def test_a_full_queue_is_told_as_ever(tiny_checkpoint: Path) -> None:
    engine = EchoEngine(refusal=Overloaded("the queue is full", retry_after_seconds=3))
    async with ready_client(tiny_checkpoint, engine) as client:
        response = await client.post("/translate", json={"q": MIXED, "source": "auto", "target": "de"})
    assert (response.status_code, response.headers["retry-after"]) == (429, "3")
