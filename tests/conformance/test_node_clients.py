"""The clients on npm, unchanged, against a running service."""

from __future__ import annotations

import json
import shutil
import subprocess
from html import escape
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.conftest import KEY
from tests.integration.running_service import ANSWER_SECONDS, RunningService

NODE = Path(__file__).parent / "node"
TEXT = "Wo ist denn hier der Bahnhof?"

pytestmark = [
    pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed"),
    pytest.mark.skipif(
        not (NODE / "node_modules").is_dir(),
        reason="the clients are not installed: run npm ci in tests/conformance/node",
    ),
]


def run(client: str, url: str, key: str | None = None) -> Any:
    """What ``client`` makes of the service at ``url``: see ``run.mjs``."""
    command = ["node", "run.mjs", client, url, *([key] if key else [])]
    done = subprocess.run(
        command, cwd=NODE, capture_output=True, text=True, check=False, timeout=ANSWER_SECONDS
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def plain(service: RunningService) -> str:
    """What a plain request gets."""
    text: str = service.translate(TEXT).json()["translatedText"]
    return text


def test_translate(service: RunningService, guarded: RunningService, plain: str) -> None:
    assert run("translate", service.url) == {"text": plain}
    assert "not accepted" in run("translate", guarded.url, "wrong")["error"]


def test_libretranslate(service: RunningService, guarded: RunningService, plain: str) -> None:
    assert run("libretranslate", service.url) == {"text": plain, "auto": plain}
    assert run("libretranslate", f"{service.url}/") == {"text": plain, "auto": plain}
    assert run("libretranslate", guarded.url, "wrong") == {}  # it looks for nothing but a translation


def test_libretranslate_ts(service: RunningService, plain: str) -> None:
    for url in (service.url, f"{service.url}/"):
        answer = run("libretranslate-ts", url)
        assert answer["one"] == {"status": 200, "translatedText": plain}
        wanted = service.translate(TEXT, alternatives=2).json()
        assert answer["more"]["translatedText"] == wanted["translatedText"]
        assert answer["more"]["alternatives"] == wanted["alternatives"] != []
        assert answer["detected"]["language"] == "de"
        assert answer["detected"]["confidence"] > 50
        assert [language["code"] for language in answer["languages"]] == ["de", "en"]
        assert "target: this language is not served" in answer["refused"]["error"]


def test_deepl_node(service: RunningService, plain: str) -> None:
    answer = run("deepl-node", service.url)
    assert "error" not in answer, answer
    assert answer["one"]["text"] == plain
    assert answer["one"]["detectedSourceLang"] == "de"
    assert answer["one"]["billedCharacters"] == len(TEXT)
    assert [one["detectedSourceLang"] for one in answer["many"]] == ["de", "en"]
    assert answer["many"][0]["text"] == plain
    word = escape(service.translate("Hund").json()["translatedText"], quote=False)
    assert answer["markup"]["text"] == f'<p>{word}</p><keep>Hund</keep> <x id="1"/>'
    assert answer["page"]["text"] == f"<p>{word}<br><b>{word}</b>"
    assert [one["code"] for one in answer["sources"]] == ["de", "en"]
    assert [one["code"] for one in answer["targets"]] == ["de", "en-GB", "en-US"]
    assert {(one["sourceLang"], one["targetLang"]) for one in answer["glossaries"]} == {
        ("de", "en"),
        ("en", "de"),
    }
    glossary = answer["glossary"]
    assert glossary["made"]["entryCount"] == 1
    assert glossary["found"] == glossary["made"]
    assert glossary["made"]["glossaryId"] in glossary["listed"]
    assert glossary["entries"] == {"Bahnhof": "railway station"}
    assert "ailway station" in glossary["used"]["text"]  # with a capital at the beginning of the sentence
    assert glossary["gone"] == "GlossaryNotFoundError"
    assert answer["usage"]["character"]["limit"] == 10**12
    assert "target_lang" in answer["refused"]


def test_deepl_node_with_a_wrong_key(guarded: RunningService) -> None:
    assert run("deepl-node", guarded.url, "wrong")["kind"] == "AuthorizationError"
    assert KEY not in guarded.log.read_text()
