"""Files through the real clients, against a running service."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import deepl
import docx
import httpx
import pytest

from tests.conformance.test_deepl_python import client_of
from tests.conformance.test_node_clients import NODE
from tests.integration.running_service import ANSWER_SECONDS, RunningService

TEXT = "Wo ist denn hier der Bahnhof?\n\nDer Zug ist abgefahren.\n"


@pytest.fixture
def plain(service: RunningService) -> str:
    """What plain requests get, line by line."""
    lines = TEXT.splitlines()
    return "\n".join(service.translate(lines).json()["translatedText"]) + "\n"


def test_deepl_python(service: RunningService, plain: str, tmp_path: Path) -> None:
    source, target = tmp_path / "a.txt", tmp_path / "b.txt"
    source.write_text(TEXT)
    with client_of(service) as client:
        status = client.translate_document_from_filepath(
            source, target, source_lang="DE", target_lang="EN-US"
        )
        assert target.read_text() == plain
        assert status.done
        assert status.billed_characters == len(TEXT.replace("\n", ""))
        output = io.BytesIO()
        client.translate_document(TEXT, output, filename="c.txt", target_lang="EN-GB", formality="more")
        assert output.getvalue().decode() == plain


def test_deepl_python_with_a_word_document(service: RunningService, plain: str) -> None:
    document, upload, output = docx.Document(), io.BytesIO(), io.BytesIO()
    for line in TEXT.split("\n"):
        document.add_paragraph(line, style="List Bullet")
    document.save(upload)
    content = upload.getvalue()
    with client_of(service) as client:
        client.translate_document(content, output, filename="x.docx", source_lang="DE", target_lang="EN-US")
    translated = docx.Document(output)
    assert [one.text for one in translated.paragraphs] == [_as_xml(line) for line in plain.split("\n")]
    assert {one.style.name for one in translated.paragraphs if one.style} == {"List Bullet"}


def test_deepl_python_errors(service: RunningService, guarded: RunningService) -> None:
    output = io.BytesIO()
    with client_of(service) as client:
        for content, name, says in (
            (b"\xff", "a.txt", "not valid UTF-8"),
            (b"a", "a.exe", "accepted are .txt"),
            (b"PK", "a.docx", "not a ZIP package"),
        ):
            with pytest.raises(deepl.DeepLException, match=says):
                client.translate_document(content, output, filename=name, target_lang="EN-US")
        with pytest.raises(deepl.DeepLException, match="Not found"):
            client.translate_document_get_status(deepl.DocumentHandle("A" * 32, "B" * 64))
    with (
        client_of(guarded, "wrong") as client,
        pytest.raises(deepl.AuthorizationException, match="auth_key"),
    ):
        client.translate_document("Hund", output, filename="a.txt", target_lang="EN-US")


@pytest.mark.skipif(
    not (NODE / "node_modules").is_dir() or shutil.which("node") is None,
    reason="the clients are not installed: run npm ci in tests/conformance/node",
)
def test_deepl_node(service: RunningService, plain: str, tmp_path: Path) -> None:
    source, target = tmp_path / "a.txt", tmp_path / "b.txt"
    source.write_text(TEXT)
    command = ["node", "document.mjs", service.url, str(source), str(target)]
    done = subprocess.run(
        command, cwd=NODE, capture_output=True, text=True, check=False, timeout=ANSWER_SECONDS
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["status"]["status"] == "done"
    assert answer["status"]["billedCharacters"] == len(TEXT.replace("\n", ""))
    assert "accepted are .txt" in answer["refused"]
    assert target.read_text() == plain


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl(service: RunningService, plain: str, tmp_path: Path) -> None:
    """As LibreTranslate's documentation has it; its clients on PyPI and npm send no files."""
    source = tmp_path / "a.txt"
    source.write_text(TEXT)
    form = ["-F", f"file=@{source}", "-F", "source=auto", "-F", "target=en", "-F", "api_key="]
    answer = subprocess.check_output(["curl", "-s", *form, f"{service.url}/translate_file"])
    url = json.loads(answer)["translatedFileUrl"]
    assert url.startswith(f"{service.url}/download_file/")
    assert subprocess.check_output(["curl", "-s", url]).decode() == plain


def test_a_bomb_does_not_stall_others(service: RunningService) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", bytes(200_000_000))
    files = {"file": ("bomb.docx", packed.getvalue())}
    answer = service.client.post("/translate_file", data={"source": "de", "target": "en"}, files=files)
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")
    assert service.translate("Hund").status_code == httpx.codes.OK


def test_texts_that_somebody_waits_for_go_first(service: RunningService) -> None:
    lines = [f"Der Zug fährt um {number} Uhr nach Hause.\n" for number in range(400)]
    form, files = {"target_lang": "EN-US", "source_lang": "DE"}, {"file": ("a.txt", "".join(lines))}
    handle = service.client.post("/v2/document", data=form, files=files).json()
    path, body = f"/v2/document/{handle['document_id']}", {"document_key": handle["document_key"]}
    service.wait_for_metric("translation_running_segments", 1)
    assert service.translate("Der Hund läuft im Park.").status_code == httpx.codes.OK
    status = service.client.post(path, json=body).json()
    assert status["status"] == "translating"
    assert status["progress"] < 1
    assert service.client.request("DELETE", path, json=body).status_code == httpx.codes.NO_CONTENT
    assert service.client.post(path, json=body).status_code == httpx.codes.NOT_FOUND


def _as_xml(line: str) -> str:
    """``line`` without the characters that no XML document can hold; random weights write such ones."""
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", line)
