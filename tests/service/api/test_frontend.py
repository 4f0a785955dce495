"""What pages need: /frontend/settings, and leave to call from another origin."""

from __future__ import annotations

from pathlib import Path

from service.files.formats import EXTENSIONS
from tests.service.harness import asynchronous, ready_client


@asynchronous
async def test_frontend_settings(tiny_checkpoint: Path) -> None:
    async with ready_client(
        tiny_checkpoint, limits={"max_request_characters": 1234, "max_alternatives": 3}
    ) as client:
        response = await client.get("/frontend/settings")
    assert response.json() == {
        "apiKeys": False,
        "charLimit": 1234,
        "filesTranslation": True,
        "frontendTimeout": 500,
        "keyRequired": False,
        "language": {
            "source": {"code": "auto", "name": "Auto Detect"},
            "target": {"code": "en", "name": "English"},
        },
        "maxAlternatives": 3,
        "maxItems": 1000,
        "suggestions": False,
        "supportedFilesFormat": list(EXTENSIONS),
    }


@asynchronous
async def test_a_page_of_an_origin_that_is_listed_may_call(tiny_checkpoint: Path) -> None:
    here, elsewhere = "https://here.example", "https://elsewhere.example"
    body = {"q": "Ein Hund.", "source": "de", "target": "en"}
    wish = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    allowed = "access-control-allow-origin"
    async with ready_client(tiny_checkpoint, limits={"cors_origins": f"{here}, https://b.example"}) as client:
        asked = await client.options("/translate", headers={"Origin": here, **wish})
        assert (asked.status_code, asked.headers[allowed]) == (200, here)
        answer = await client.post("/translate", json=body, headers={"Origin": here})
        assert (answer.status_code, answer.headers[allowed]) == (200, here)
        refused = await client.options("/translate", headers={"Origin": elsewhere, **wish})
        assert (refused.status_code, allowed in refused.headers) == (400, False)
        answer = await client.post("/translate", json=body, headers={"Origin": elsewhere})
        assert allowed not in answer.headers


@asynchronous
async def test_by_default_no_other_page_may_call(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint) as client:
        answer = await client.get("/languages", headers={"Origin": "https://here.example"})
    assert "access-control-allow-origin" not in answer.headers
