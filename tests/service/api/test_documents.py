"""DeepL's document flow over ASGI, with an engine that gives back what it is given."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.api import documents
from service.engine.request import Priority
from tests.service.api.test_files import TEXT, file
from tests.service.api.test_problems import check
from tests.service.fakes import EchoEngine
from tests.service.harness import asynchronous, ready_client

FORM = {"source_lang": "DE", "target_lang": "EN-US"}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "WAIT_SECONDS", 0.05)


class Document:
    """An upload and the questions about it."""

    def __init__(self, client: httpx.AsyncClient, handle: dict[str, str], key: str) -> None:
        self.client, self.handle = client, handle
        self.headers = {"Authorization": f"DeepL-Auth-Key {key}"}
        self.path = f"/v2/document/{handle['document_id']}"
        self.body = {"document_key": handle["document_key"]}

    async def status(self) -> dict[str, Any]:
        answer = await self.client.post(self.path, json=self.body, headers=self.headers)
        assert answer.status_code == 200, answer.text
        status: dict[str, Any] = answer.json()
        return status

    async def wait(self, state: str) -> dict[str, Any]:
        while (status := await self.status())["status"] != state:
            assert status["status"] not in ("done", "error")
        return status

    async def result(self) -> httpx.Response:
        return await self.client.post(f"{self.path}/result", data=self.body, headers=self.headers)


async def upload(client: httpx.AsyncClient, key: str = "any", **more: Any) -> Document:
    answer = await client.post(
        "/v2/document",
        **{"data": FORM, "files": file(), "headers": {"Authorization": f"DeepL-Auth-Key {key}"}, **more},
    )
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == {"document_id", "document_key"}
    return Document(client, answer.json(), key)


@asynchronous
async def test_the_flow(tiny_checkpoint: Path) -> None:
    engine = EchoEngine(holding=True)
    async with ready_client(tiny_checkpoint, engine) as client:
        document = await upload(client)
        assert (await document.status())["status"] in ("queued", "translating")
        check(await document.result(), 503, "not-ready", "not translated yet")
        await engine.submitted.wait()
        status = await document.status()
        assert status == {
            "document_id": document.handle["document_id"],
            "status": "translating",
            "progress": 0.0,
        }
        assert {request.priority for request in engine.requests} == {Priority.BULK}
        engine.release()
        status = await document.wait("done")
        assert status["billed_characters"] == sum(map(len, TEXT.splitlines()))
        assert status["progress"] == 1.0
        for _ in range(2):
            assert (await document.result()).content == TEXT.encode()
        usage = await client.get("/v2/usage")
    assert usage.json()["character_count"] == status["billed_characters"]


@asynchronous
async def test_what_is_forgotten_leaves_the_engine(tiny_checkpoint: Path, tmp_path: Path) -> None:
    engine = EchoEngine(holding=True)
    async with ready_client(tiny_checkpoint, engine, {"files_folder": tmp_path}) as client:
        document = await upload(client)
        await engine.submitted.wait()
        answer = await client.request("DELETE", document.path, json=document.body, headers=document.headers)
        assert answer.status_code == 204
        assert all(ticket.future.cancelled() for ticket in engine.tickets)
        check(await document.result(), 404, "not-found", "")
        assert (await client.get("/v2/usage")).json()["character_count"] == 0
        assert [list(folder.iterdir()) for folder in tmp_path.iterdir()] == [[]]
        assert (
            'translation_files_total{format="text",outcome="cancelled"} 1.0'
            in (await client.get("/metrics")).text
        )


@asynchronous
async def test_files_that_vanish_fail(tiny_checkpoint: Path, tmp_path: Path) -> None:
    engine = EchoEngine(holding=True)
    async with ready_client(tiny_checkpoint, engine, {"files_folder": tmp_path}) as client:
        document = await upload(client)
        await engine.submitted.wait()
        for folder in tmp_path.iterdir():
            shutil.rmtree(folder)
        engine.holding = False
        engine.release()
        status = await document.wait("error")
        assert status["error_message"]
        assert (await client.get("/v2/usage")).json()["character_count"] == 0
        await (await upload(client)).wait("done")


@asynchronous
async def test_nobody_else_gets_a_document(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint, limits={"api_keys": "one,two"}) as client:
        document = await upload(client, "one")
        other = Document(client, document.handle, "two")
        wrong = Document(client, {**document.handle, "document_key": "0" * 64}, "one")
        unknown = Document(client, {**document.handle, "document_id": "0" * 32}, "one")
        for stranger in (other, wrong, unknown):
            answer = await client.post(stranger.path, json=stranger.body, headers=stranger.headers)
            check(answer, 404, "not-found", "")
            check(await stranger.result(), 404, "not-found", "")
        check(await client.post(document.path, json=document.body), 403, "key-refused", "")
        check(
            await client.post(document.path, headers=document.headers), 400, "invalid-request", "document_key"
        )
        await document.wait("done")


@asynchronous
async def test_the_quota_counts(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint, limits={"character_quota": 60}) as client:
        document = await upload(client)
        await document.wait("done")
        answer = await client.post("/v2/document", data=FORM, files=file())
        check(answer, 456, "quota-exceeded", "of 60 characters")


@asynchronous
async def test_a_failure_is_told(tiny_checkpoint: Path) -> None:
    engine = EchoEngine(holding=True)
    async with ready_client(tiny_checkpoint, engine, {"file_timeout_seconds": 1.5}) as client:
        document = await upload(client)
        status = await document.wait("error")
        assert "deadline" in status["error_message"]
        assert "billed_characters" not in status
        check(await document.result(), 504, "deadline-exceeded", "deadline")


@pytest.mark.parametrize(
    ("status", "says", "data", "files"),
    [
        (400, "target_lang: field required", {}, file()),
        (400, "target_lang: this language", {"target_lang": "XX"}, file()),
        (400, "glossary_id: ", {**FORM, "glossary_id": "1"}, file()),
        (400, "output_format: must be the file's own, .txt", {**FORM, "output_format": "pdf"}, file()),
        (400, "accepted are .txt", FORM, file(name="a.pdf")),
        (400, "not valid JSON", FORM, file(name="a.json")),
        (400, "file: send it as multipart", FORM, None),
    ],
)
@asynchronous
async def test_bad_uploads(tiny_checkpoint: Path, status: int, says: str, data: Any, files: Any) -> None:
    async with ready_client(tiny_checkpoint) as client:
        answer = await client.post("/v2/document", data=data, files=files)
    assert answer.status_code == status
    assert says in answer.json()["message"]


@asynchronous
async def test_the_name_may_be_a_parameter(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint) as client:
        form = {**FORM, "filename": "x.json", "output_format": "JSON"}
        document = await upload(client, data=form, files={"file": ("blob", b'["Hund"]')})
        await document.wait("done")
        assert (await document.result()).json() == ["Hund"]
