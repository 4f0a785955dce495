"""DeepL's routes over ASGI, with an engine that gives back what it is given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from model.tokenizer import Tokenizer
from service.text.lines import join_lines
from tests.service.api.test_problems import LIMITS, check
from tests.service.fakes import EchoEngine
from tests.service.harness import asynchronous, ready_client


def body(*texts: str, **more: Any) -> dict[str, Any]:
    return {"text": list(texts), "source_lang": "DE", "target_lang": "EN-US", **more}


@asynchronous
async def test_json_forms_and_query_give_the_same(tiny_checkpoint: Path) -> None:
    texts = ["Ein Hund.\n\nZwei! ", "", "12", "a&b=c 🙂"]
    async with ready_client(tiny_checkpoint) as client:
        answers = [
            await client.post("/v2/translate", json=body(*texts)),
            await client.post("/v2/translate", data=body(*texts)),
            await client.post("/v2/translate", params=body(*texts)),
            await client.post("/v2/translate/", json=body(*texts, show_billed_characters=True)),
        ]
    wanted = [
        {"detected_source_language": "DE", "text": text, "billed_characters": len(text)} for text in texts
    ]
    for answer in answers:
        assert answer.json() == {"translations": wanted}


@pytest.mark.parametrize("target", ["EN", "en", "EN-US", "EN-GB", "en_gb"])
@asynchronous
async def test_every_english_is_english(tiny_checkpoint: Path, target: str) -> None:
    async with ready_client(tiny_checkpoint) as client:
        response = await client.post("/v2/translate", json=body("Ein Hund.", target_lang=target))
    assert response.status_code == 200


@asynchronous
async def test_without_a_source_each_text_is_detected(tiny_checkpoint: Path) -> None:
    texts = ("Wo ist denn hier der Bahnhof?", "Where is the railway station?", "7")
    async with ready_client(tiny_checkpoint) as client:
        for source in (None, ""):
            response = await client.post("/v2/translate", json=body(*texts, source_lang=source))
            found = [one["detected_source_language"] for one in response.json()["translations"]]
            assert found == ["DE", "EN", "EN"]


@asynchronous
async def test_what_is_not_about_the_text_is_ignored(tiny_checkpoint: Path) -> None:
    extra = {
        "formality": "more",
        "model_type": "quality_optimized",
        "context": "x",
        "preserve_formatting": True,
        "outline_detection": False,
        "ignore_tags": ["x"],
        "splitting_tags": "p",
        "tag_handling": "",
        "glossary_id": None,
        "show_billed_characters": "1",
    }
    async with ready_client(tiny_checkpoint) as client:
        response = await client.post("/v2/translate", json=body("Ein Hund.", **extra))
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("value", "segments", "text"),
    [
        (None, 3, "Eins. Zwei\ndrei."),
        ("1", 3, "Eins. Zwei\ndrei."),
        (True, 3, "Eins. Zwei\ndrei."),
        ("0", 2, "Eins. Zwei\ndrei."),
        (0, 2, "Eins. Zwei\ndrei."),
        ("nonewlines", 2, "Eins. Zwei drei."),
    ],
)
@asynchronous
async def test_splitting(
    tiny_checkpoint: Path, tiny_tokenizer: Tokenizer, value: Any, segments: int, text: str
) -> None:
    engine = EchoEngine()
    async with ready_client(tiny_checkpoint, engine) as client:
        response = await client.post("/v2/translate", json=body("Eins. Zwei\ndrei.", split_sentences=value))
    (translation,) = response.json()["translations"]
    assert translation["text"] == text
    assert translation["billed_characters"] == 16
    assert len(engine.requests) == segments


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("a\nb", "a b"),
        (" \n a \r\n\n  b\tc \n", " \n a b\tc \n"),
        ("\n \n", "\n \n"),
        ("", ""),
        ("a b", "a b"),
    ],
)
def test_lines_are_joined(text: str, joined: str) -> None:
    assert join_lines(text) == joined


@asynchronous
async def test_languages(tiny_checkpoint: Path) -> None:
    sources = [{"language": "DE", "name": "German"}, {"language": "EN", "name": "English"}]
    targets = [
        {"language": "DE", "name": "German", "supports_formality": False},
        {"language": "EN-GB", "name": "English (British)", "supports_formality": False},
        {"language": "EN-US", "name": "English (American)", "supports_formality": False},
    ]
    form = {"content-type": "application/x-www-form-urlencoded"}
    async with ready_client(tiny_checkpoint) as client:
        assert (await client.get("/v2/languages")).json() == sources
        assert (await client.get("/v2/languages?type=source")).json() == sources
        assert (await client.get("/v2/languages?type=target")).json() == targets
        in_form = await client.request("GET", "/v2/languages", content=b"type=target", headers=form)
        assert in_form.json() == targets
        in_json = await client.request("GET", "/v2/languages", json={"type": "target"})
        assert in_json.json() == targets
        check(await client.get("/v2/languages?type=x"), 400, "invalid-request", "source or target")
        pairs = await client.get("/v2/glossary-language-pairs")
    directions = [{"source_lang": "de", "target_lang": "en"}, {"source_lang": "en", "target_lang": "de"}]
    assert pairs.json() == {"supported_languages": directions}


@pytest.mark.parametrize(
    ("status", "slug", "says", "sent"),
    [
        (400, "invalid-request", "text: field required", {"target_lang": "DE"}),
        (400, "invalid-request", "target_lang: field required", {"text": ["a"]}),
        (404, "glossary-not-found", "no glossary with this id", body("a", glossary_id="g")),
        (400, "invalid-request", "split_sentences: ", body("a", split_sentences="2")),
        (400, "invalid-request", "item 1", {**body("a"), "text": ["a", 1]}),
        (400, "unsupported-language", "target_lang: ", body("a", target_lang="XX")),
        (400, "unsupported-language", "source_lang: ", body("a", source_lang="XX")),
        (413, "too-large", "text: 4 texts", body("a", "b", "c", "d")),
        (413, "too-large", "text: 101 characters", body("x" * 101)),
    ],
)
@asynchronous
async def test_bad_requests(
    tiny_checkpoint: Path, status: int, slug: str, says: str, sent: dict[str, Any]
) -> None:
    async with ready_client(tiny_checkpoint, limits=LIMITS) as client:
        check(await client.post("/v2/translate", json=sent), status, slug, says)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v3/glossaries"),
        ("GET", "/v3/glossaries/1"),
    ],
)
@asynchronous
async def test_what_is_not_there_yet_says_so(tiny_checkpoint: Path, method: str, path: str) -> None:
    async with ready_client(tiny_checkpoint) as client:
        check(await client.request(method, path), 400, "invalid-request", "not supported yet")
