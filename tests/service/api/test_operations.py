"""What the service tells about itself."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from service.app import create_app
from service.lifecycle import Lifecycle
from service.settings import Settings
from tests.service.fakes import EchoEngine
from tests.service.harness import asynchronous, connected, ready_client


@asynchronous
async def test_languages(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint) as client:
        response = await client.get("/languages")
    assert response.json() == [
        {"code": "de", "name": "German", "targets": ["de", "en"]},
        {"code": "en", "name": "English", "targets": ["de", "en"]},
    ]


@asynchronous
async def test_it_is_alive_while_loading_and_ready_afterwards(tiny_checkpoint: Path) -> None:
    engine = EchoEngine(opens=asyncio.Event())
    app = create_app(Settings(checkpoints=(tiny_checkpoint,)), engine)
    body = {"q": "Eins.", "source": "de", "target": "en"}
    async with connected(app) as client:
        assert (await client.get("/health")).status_code == 200
        ready = await client.get("/ready")
        assert (ready.status_code, "loading" in ready.json()["detail"]) == (503, True)
        assert (await client.post("/translate", json=body)).status_code == 503
        assert (await client.get("/languages")).status_code == 503
        assert (await client.get("/metrics")).status_code == 200
        assert engine.opens is not None
        engine.opens.set()
        while (await client.get("/ready")).status_code != 200:
            await asyncio.sleep(0.01)
        assert (await client.post("/translate", json=body)).status_code == 200


@asynchronous
async def test_while_draining_it_is_not_ready_but_finishes(tiny_checkpoint: Path) -> None:
    settings = Settings(checkpoints=(tiny_checkpoint,))
    lifecycle = Lifecycle(settings)
    app = create_app(settings, EchoEngine(), lifecycle)
    async with connected(app) as client:
        while (await client.get("/ready")).status_code != 200:
            await asyncio.sleep(0.01)
        lifecycle.draining = True
        ready = await client.get("/ready")
        assert (ready.status_code, "draining" in ready.json()["detail"]) == (503, True)
        late = await client.post("/translate", json={"q": "Eins.", "source": "de", "target": "en"})
        assert late.status_code == 200
        assert late.headers["connection"] == "close"


@asynchronous
async def test_work_that_could_not_be_finished_is_a_failure(tiny_checkpoint: Path) -> None:
    settings = Settings(checkpoints=(tiny_checkpoint,))
    lifecycle = Lifecycle(settings)
    async with connected(create_app(settings, EchoEngine(drained=False), lifecycle)) as client:
        while (await client.get("/ready")).status_code != 200:
            await asyncio.sleep(0.01)
    assert lifecycle.failure is not None


@asynchronous
async def test_a_damaged_checkpoint_is_a_failure(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    settings = Settings(checkpoints=(tmp_path,))
    lifecycle = Lifecycle(settings)
    async with connected(create_app(settings, EchoEngine(), lifecycle)) as client:
        while lifecycle.failure is None:
            await asyncio.sleep(0.01)
        assert (await client.get("/ready")).status_code == 503
    assert "manifest.json" in str(lifecycle.failure)
    assert any("manifest.json" in message for message in caplog.messages)


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        "text/plain; version=abc",
        "application/openmetrics-text; version=x",
        "text/plain;version=0.0.4",
    ],
)
@asynchronous
async def test_metrics_in_the_text_format(tiny_checkpoint: Path, accept: str) -> None:
    async with ready_client(tiny_checkpoint) as client:
        await client.post("/translate", json={"q": "Eins.", "source": "de", "target": "en"})
        response = await client.get("/metrics", headers={"Accept": accept})
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = {family.name for family in parse_text(response.text)}
    assert {"process_cpu_seconds", "python_info", "translation_requests"} <= families


@asynchronous
async def test_metrics_in_the_open_format(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint) as client:
        response = await client.get(
            "/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"}
        )
    assert response.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    families = parse_openmetrics(response.text)  # type: ignore[no-untyped-call] # not annotated there
    assert "translation_step_seconds" in {family.name for family in families}


@asynchronous
async def test_labels_are_bounded(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint) as client:
        for number in range(5):
            await client.get(f"/secret-{number}")
            await client.request(f"SECRET{number}", "/languages")
        text = (await client.get("/metrics")).text
    assert "secret" not in text.lower()
    count = "http_server_request_duration_seconds_count"
    assert f'{count}{{method="GET",route="unmatched",status="404"}} 5.0' in text
    assert f'{count}{{method="other",route="/languages",status="405"}} 5.0' in text


@asynchronous
async def test_the_documentation_needs_no_other_host(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint) as client:
        page = await client.get("/docs")
        links = re.findall(r"""(?:src|href|url)\s*[=:]\s*["']([^"']+)["']""", page.text)
        assert len(links) >= 3
        for link in links:
            assert link.startswith("/"), link
            assert (await client.get(link)).status_code == 200, link


@asynchronous
async def test_the_description_is_of_what_is_sent(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint) as client:
        schema: dict[str, Any] = (await client.get("/openapi.json")).json()
        assert (await client.get("/openapi.json")).json() == schema
    assert set(schema["paths"]) == {
        "/translate",
        "/detect",
        "/languages",
        "/frontend/settings",
        "/translate_file",
        "/download_file/{token}",
        "/v2/document",
        "/v2/document/{document_id}",
        "/v2/document/{document_id}/result",
        "/v2/translate",
        "/v2/usage",
        "/v2/languages",
        "/v2/glossary-language-pairs",
        "/v2/glossaries",
        "/v2/glossaries/{glossary_id}",
        "/v2/glossaries/{glossary_id}/entries",
        "/health",
        "/ready",
        "/metrics",
    }
    responses = schema["paths"]["/translate"]["post"]["responses"]
    assert set(responses) == {"200", "400", "403", "404", "413", "429", "500", "503", "504"}
    for status, response in responses.items():
        successes, problems = ["application/json", "text/event-stream"], ["application/problem+json"]
        assert list(response["content"]) == (successes if status == "200" else problems)
    assert "HTTPValidationError" not in schema["components"]["schemas"]
    for path in schema["paths"].values():
        for operation in path.values():
            assert operation["summary"]
            assert operation["description"]
