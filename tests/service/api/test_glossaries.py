"""Glossaries over HTTP, and translations that ask for them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from model.checkpoint import load_checkpoint
from tests.service.fakes import EchoEngine
from tests.service.harness import asynchronous, ready_client

NEW = {
    "name": "Railway",
    "source_lang": "DE",
    "target_lang": "en-GB",
    "entries": "Bahnhof\tstation\nHund\tdog",
    "entries_format": "tsv",
}
MISSING = "00000000-0000-0000-0000-000000000000"


async def create(client: httpx.AsyncClient, **more: Any) -> httpx.Response:
    return await client.post("/v2/glossaries", json={**NEW, **more})


@asynchronous
async def test_made_listed_read_and_deleted(tiny_checkpoint: Path, tmp_path: Path) -> None:
    async with ready_client(tiny_checkpoint, limits={"data_folder": tmp_path}) as client:
        made = await create(client)
        assert made.status_code == 201
        info = made.json()
        assert {**info, "glossary_id": "", "creation_time": ""} == {
            "glossary_id": "",
            "ready": True,
            "name": "Railway",
            "source_lang": "de",
            "target_lang": "en",
            "creation_time": "",
            "entry_count": 2,
        }
        path = f"/v2/glossaries/{info['glossary_id']}"
        form = await client.post("/v2/glossaries", data={**NEW, "entries": "a,b", "entries_format": "csv"})
        assert (await client.get("/v2/glossaries")).json() == {"glossaries": [info, form.json()]}
    async with ready_client(tiny_checkpoint, limits={"data_folder": tmp_path}) as client:
        assert (await client.get(path)).json() == info
        entries = await client.get(f"{path}/entries")
        assert entries.headers["content-type"].startswith("text/tab-separated-values")
        assert entries.text == "Bahnhof\tstation\nHund\tdog\n"
        deleted = await client.delete(path)
        assert (deleted.status_code, deleted.content) == (204, b"")
        for method, where in (("GET", path), ("GET", f"{path}/entries"), ("DELETE", path)):
            missing = await client.request(method, where)
            assert (missing.status_code, missing.json()["type"]) == (404, "/problems/glossary-not-found")


@asynchronous
async def test_pairs_are_the_directions(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint) as client:
        pairs = (await client.get("/v2/glossary-language-pairs")).json()["supported_languages"]
    assert pairs == [{"source_lang": "de", "target_lang": "en"}, {"source_lang": "en", "target_lang": "de"}]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"entries": "Bahnhof\tstation\nBahnhof"}, "entries: line 2"),
        ({"entries": "a\tb\nc\td\ne\tf"}, "line 3: at most 2 entries"),
        ({"entries": ""}, "at least one entry"),
        ({"entries": "\ud800"}, "entries"),
        ({"entries_format": "xml"}, "entries_format"),
        ({"name": ""}, "name"),
        ({"target_lang": "fr"}, "target_lang"),
        ({"target_lang": "de"}, "not for de>de"),
        ({"entries": None}, "entries"),
    ],
)
@asynchronous
async def test_what_is_wrong_is_said(tiny_checkpoint: Path, more: dict[str, Any], message: str) -> None:
    async with ready_client(tiny_checkpoint, limits={"max_glossary_entries": 2}) as client:
        assert (await create(client)).status_code == 201
        # httpx itself refuses to send half a surrogate pair.
        refused = await client.post("/v2/glossaries", content=json.dumps({**NEW, **more}))
    assert refused.status_code == 400
    assert message in refused.json()["message"]


@asynchronous
async def test_each_key_has_its_own(tiny_checkpoint: Path) -> None:
    headers = [{"Authorization": f"DeepL-Auth-Key {key}"} for key in ("one-key", "other-key")]
    async with ready_client(tiny_checkpoint, limits={"api_keys": "one-key,other-key"}) as client:
        made = await client.post("/v2/glossaries", json=NEW, headers=headers[0])
        path = f"/v2/glossaries/{made.json()['glossary_id']}"
        assert (await client.get("/v2/glossaries", headers=headers[1])).json() == {"glossaries": []}
        assert (await client.get(path, headers=headers[1])).status_code == 404
        body = {"text": "Hund", "source_lang": "DE", "target_lang": "EN", "glossary_id": path[15:]}
        assert (await client.post("/v2/translate", json=body, headers=headers[1])).status_code == 404
        assert (await client.post("/v2/translate", json=body, headers=headers[0])).status_code == 200
        assert (await client.post("/v2/glossaries", json=NEW)).status_code == 403


@asynchronous
async def test_terms_reach_the_engine_by_either_api(tiny_checkpoint: Path) -> None:
    tokenizer = load_checkpoint(tiny_checkpoint).tokenizer
    station, dog = (tuple(tokenizer.encode(word)) for word in ("station", "dog"))
    engine = EchoEngine()
    async with ready_client(tiny_checkpoint, engine) as client:
        glossary = (await create(client)).json()["glossary_id"]
        deepl = {"text": ["Der Hund.", "Am Bahnhof."], "source_lang": "DE", "target_lang": "EN-US"}
        libre = {"q": "Der Hund am Bahnhof.", "source": "de", "target": "en"}
        terms = {"Hund": "dog"}
        requests = [
            client.post("/v2/translate", json={**deepl, "glossary_id": glossary}),
            client.post("/translate", json={**libre, "glossary": glossary}),
            client.post("/translate", json={**libre, "terms": terms}),
            client.post("/translate", data={**libre, "terms": '{"Hund": "dog"}'}),
            client.post("/translate", json={**libre, "source": "auto", "terms": terms}),
            client.post("/translate", json=libre),
        ]
        for request in requests:
            response = await request
            assert response.status_code == 200, response.text
    demanded = [[term.tokens for term in request.terms] for request in engine.requests]
    assert demanded == [[dog], [station], [dog, station], [dog], [dog], [dog], []]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v2/translate", {"text": "a", "target_lang": "EN", "glossary_id": "{id}"}, 400),
        (
            "/v2/translate",
            {"text": "a", "source_lang": "EN", "target_lang": "DE", "glossary_id": "{id}"},
            400,
        ),
        (
            "/v2/translate",
            {"text": "a", "source_lang": "DE", "target_lang": "EN", "glossary_id": MISSING},
            404,
        ),
        ("/translate", {"q": "a", "source": "auto", "target": "en", "glossary": "{id}"}, 400),
        ("/translate", {"q": "a", "source": "de", "target": "en", "glossary": MISSING}, 404),
        (
            "/translate",
            {"q": "a", "source": "de", "target": "en", "glossary": "{id}", "terms": {"a": "b"}},
            400,
        ),
        ("/translate", {"q": "a", "source": "de", "target": "en", "terms": {"a": ""}}, 400),
        ("/translate", {"q": "a", "source": "de", "target": "en", "terms": ["a"]}, 400),
        ("/translate", {"q": "a", "source": "de", "target": "en", "terms": "{"}, 400),
    ],
)
@asynchronous
async def test_a_glossary_that_does_not_fit_is_refused(
    tiny_checkpoint: Path, path: str, body: dict[str, Any], status: int
) -> None:
    async with ready_client(tiny_checkpoint) as client:
        made = (await create(client)).json()["glossary_id"]
        filled = {name: made if value == "{id}" else value for name, value in body.items()}
        assert (await client.post(path, json=filled)).status_code == status


@asynchronous
async def test_one_that_is_deleted_is_not_used_any_more(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint) as client:
        made = (await create(client)).json()["glossary_id"]
        body = {"q": "Hund", "source": "de", "target": "en", "glossary": made}
        answers = await asyncio.gather(*(client.post("/translate", json=body) for _ in range(5)))
        assert {answer.status_code for answer in answers} == {200}
        await client.delete(f"/v2/glossaries/{made}")
        assert (await client.post("/translate", json=body)).status_code == 404
