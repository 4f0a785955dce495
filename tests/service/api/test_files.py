"""Files over ASGI, with an engine that gives back what it is given."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from service.errors import TranslationFailed
from service.files.formats import EXTENSIONS
from tests.service.api.conversation import Conversation
from tests.service.api.test_problems import check
from tests.service.fakes import EchoEngine
from tests.service.harness import asynchronous, ready_app, ready_client

TEXT = "Ein Hund.\r\n\r\n  Zwei Hunde laufen im Park. Ja!\n"
FORM = {"source": "de", "target": "en"}


def file(content: str | bytes = TEXT, name: str = "a.txt") -> dict[str, tuple[str, bytes]]:
    return {"file": (name, content.encode() if isinstance(content, str) else content)}


async def fetch(client: httpx.AsyncClient, answer: httpx.Response) -> httpx.Response:
    assert answer.status_code == 200, answer.text
    return await client.get(urlsplit(answer.json()["translatedFileUrl"]).path)


@asynchronous
async def test_a_file_is_translated_and_fetched(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint) as client:
        answer = await client.post("/translate_file", data=FORM, files=file(name="Brief an „Eva“.TXT"))
        assert answer.json()["translatedFileUrl"].startswith("http://service/download_file/")
        for _ in range(2):
            result = await fetch(client, answer)
            assert result.content == TEXT.encode()
            assert result.headers["content-type"].startswith("text/plain")
            name = result.headers["content-disposition"]
            assert name.startswith(
                "attachment; filename=\"Brief an _Eva__en.TXT\"; filename*=UTF-8''Brief%20an%20"
            )
            assert result.headers["cache-control"] == "no-store"
        metrics = (await client.get("/metrics")).text
    assert 'translation_files_total{format="text",outcome="ok"} 1.0' in metrics
    assert 'translation_kept_files{state="done"} 1.0' in metrics
    assert "Brief" not in metrics
    assert not re.search("[0-9A-F]{32}", metrics)


@asynchronous
async def test_the_language_of_a_file_is_detected(tiny_checkpoint: Path) -> None:
    engine = EchoEngine()
    async with ready_client(tiny_checkpoint, engine) as client:
        answer = await client.post("/translate_file", data={**FORM, "source": "auto"}, files=file())
        assert (await fetch(client, answer)).content == TEXT.encode()
        assert len(engine.requests) == 3
        english = file("The dogs are running in the park with the children.")
        answer = await client.post("/translate_file", data={**FORM, "source": "auto"}, files=english)
        assert (await fetch(client, answer)).status_code == 200
        assert len(engine.requests) == 3


@pytest.mark.parametrize(
    ("headers", "setting", "base"),
    [
        ({}, None, "http://service"),
        (
            {"x-forwarded-proto": "https, http", "x-forwarded-host": "t.example:8443, inner"},
            None,
            "https://t.example:8443",
        ),
        ({"x-forwarded-prefix": "/translate/"}, None, "http://service/translate"),
        ({"host": "[::1]:80"}, None, "http://[::1]:80"),
        (
            {"x-forwarded-host": "a/b", "x-forwarded-proto": "javascript", "x-forwarded-prefix": "//x"},
            None,
            "http://localhost",
        ),
        ({"x-forwarded-host": "t.example"}, "https://fixed.example/base/", "https://fixed.example/base"),
    ],
)
@asynchronous
async def test_the_address_of_a_result(
    tiny_checkpoint: Path, headers: Mapping[str, str], setting: str | None, base: str
) -> None:
    limits = {} if setting is None else {"public_url": setting}
    async with ready_client(tiny_checkpoint, limits=limits) as client:
        answer = await client.post("/translate_file", data=FORM, files=file("1"), headers=headers)
    assert re.fullmatch(re.escape(base) + "/download_file/[0-9A-F]{96}", answer.json()["translatedFileUrl"])


@pytest.mark.parametrize(
    ("status", "slug", "says", "data", "files"),
    [
        (400, "invalid-request", "target: field required", {"source": "de"}, file()),
        (400, "unsupported-language", "source: ", {**FORM, "source": "xx"}, file()),
        (400, "invalid-request", "file: send it as multipart", FORM, None),
        (400, "invalid-request", "file: send it as multipart", FORM, {"other": ("a.txt", b"a")}),
        (400, "unreadable-file", "accepted are .txt, ", FORM, file(name="a.exe")),
        (400, "invalid-request", "file: send it as multipart", FORM, file(name="")),
        (400, "unreadable-file", "accepted are .txt, ", FORM, file(name="../../.txt")),
        (400, "unreadable-file", "not valid UTF-8 at byte 1", FORM, file("Grün".encode("latin-1")[1:])),
        (400, "unreadable-file", "not valid JSON", FORM, file("{", "a.json")),
        (413, "too-large", "file: 2001 bytes; at most 2000", FORM, file("a" * 2001)),
        (413, "too-large", "file: 901 characters; at most 900", FORM, file("a\n" * 901)),
        (413, "too-large", "a line or paragraph of 801 characters", FORM, file("a" * 801)),
        (413, "too-large", "the body is larger than", FORM, file("a" * 90_000)),
        (400, "invalid-request", "with one file", FORM, [*file().items()] * 2),
        (400, "invalid-request", "with one file", {**FORM, "x": "x" * 66_000}, file()),
    ],
)
@asynchronous
async def test_bad_requests(
    tiny_checkpoint: Path,
    status: int,
    slug: str,
    says: str,
    data: dict[str, str],
    files: Any,
) -> None:
    limits = {"max_file_bytes": 2000, "max_file_characters": 900, "max_request_characters": 800}
    async with ready_client(tiny_checkpoint, limits=limits) as client:
        check(await client.post("/translate_file", data=data, files=files), status, slug, says)
        check(await client.get("/download_file/" + "A" * 96), 404, "not-found", "")


@asynchronous
async def test_a_full_store_refuses_and_what_expires_makes_room(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    limits = {"max_kept_files": 1, "file_expiry_seconds": 0.5, "files_folder": tmp_path}
    async with ready_client(tiny_checkpoint, limits=limits) as client:
        answer = await client.post("/translate_file", data=FORM, files=file())
        assert (await fetch(client, answer)).status_code == 200
        full = await client.post("/translate_file", data=FORM, files=file())
        check(full, 429, "overloaded", "1 files are being translated or kept")
        assert int(full.headers["retry-after"]) >= 1
        await asyncio.sleep(0.6)
        assert (await fetch(client, answer)).status_code == 404
        assert (await client.post("/translate_file", data=FORM, files=file())).status_code == 200
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []


@asynchronous
async def test_a_client_that_leaves_takes_its_file_along(tiny_checkpoint: Path, tmp_path: Path) -> None:
    engine = EchoEngine(holding=True)
    async with ready_app(tiny_checkpoint, engine, {"files_folder": tmp_path}) as (app, client):
        form = client.build_request("POST", "/translate_file", data=FORM, files=file())
        headers = {"content-type": form.headers["content-type"]}
        talk = Conversation(app, "/translate_file", await form.aread(), headers)
        await engine.submitted.wait()
        talk.leave()
        await talk.task
        assert all(ticket.future.cancelled() for ticket in engine.tickets)
        assert [list(folder.iterdir()) for folder in tmp_path.iterdir()] == [[]]
        metrics = (await client.get("/metrics")).text
    assert 'translation_requests_total{api="libretranslate",outcome="cancelled"} 1.0' in metrics
    assert 'translation_files_total{format="text",outcome="cancelled"} 1.0' in metrics


@asynchronous
async def test_the_end_of_the_service_ends_files(tiny_checkpoint: Path, tmp_path: Path) -> None:
    engine = EchoEngine(holding=True)
    async with ready_client(tiny_checkpoint, engine, {"files_folder": tmp_path}) as client:
        form = {"target_lang": "EN", "source_lang": "DE"}
        for _ in range(3):
            assert (await client.post("/v2/document", data=form, files=file())).status_code == 200
        await engine.submitted.wait()
    assert all(ticket.future.cancelled() for ticket in engine.tickets)
    assert list(tmp_path.iterdir()) == []


@asynchronous
async def test_what_the_network_cannot_do_fails_the_file(tiny_checkpoint: Path) -> None:
    def fail(request: object) -> None:
        raise TranslationFailed("this segment makes the network fail")

    async with ready_client(tiny_checkpoint, EchoEngine(translate=fail)) as client:  # type: ignore[arg-type] # never returns
        answer = await client.post("/translate_file", data=FORM, files=file())
        check(answer, 500, "translation-failed", "this segment")
        assert (await client.get("/v2/usage")).json()["character_count"] == 0


@asynchronous
async def test_files_can_be_turned_off(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint, limits={"max_file_bytes": 0}) as client:
        check(
            await client.post("/translate_file", data=FORM, files=file()),
            400,
            "invalid-request",
            "turned off",
        )
        check(
            await client.post("/v2/document", data=FORM, files=file()), 400, "invalid-request", "turned off"
        )
        settings = (await client.get("/frontend/settings")).json()
    assert (settings["filesTranslation"], settings["supportedFilesFormat"]) == (False, [])


@asynchronous
async def test_the_page_is_told_what_is_accepted(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint) as client:
        settings = (await client.get("/frontend/settings")).json()
    assert (settings["filesTranslation"], settings["supportedFilesFormat"]) == (True, list(EXTENSIONS))
