"""GET /frontend/settings."""

from __future__ import annotations

from pathlib import Path

from tests.service.harness import asynchronous, ready_client


@asynchronous
async def test_frontend_settings(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint, limits={"max_request_characters": 1234}) as client:
        response = await client.get("/frontend/settings")
    assert response.json() == {
        "apiKeys": False,
        "charLimit": 1234,
        "filesTranslation": False,
        "frontendTimeout": 500,
        "keyRequired": False,
        "language": {
            "source": {"code": "auto", "name": "Auto Detect"},
            "target": {"code": "en", "name": "English"},
        },
        "suggestions": False,
        "supportedFilesFormat": [],
    }
