"""The examples of docs/client.md, run."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from model.tokenizer import Tokenizer
from tests.browser.page_server import PageServer, page_server

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/client.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
COMMANDS = [
    part
    for kind, block in BLOCKS
    if kind == "console"
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
]


@pytest.fixture(scope="module")
def server(tiny_checkpoint: Path, tiny_tokenizer: Tokenizer) -> Iterator[PageServer]:
    with page_server(tiny_checkpoint, tiny_tokenizer, {"max_request_characters": 100_000}) as running:
        yield running


def test_there_is_nothing_but_what_is_tested() -> None:
    assert {kind for kind, _ in BLOCKS} == {"sh", "pycon", "console"}
    assert sum(kind == "sh" for kind, _ in BLOCKS) == 1


def test_python(server: PageServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    session = "".join(block for kind, block in BLOCKS if kind == "pycon")
    session = session.replace("http://localhost:8000", server.url)
    test = doctest.DocTestParser().get_doctest(session, {}, "client.md", "docs/client.md", 0)
    report: list[str] = []
    result = doctest.DocTestRunner(verbose=False).run(test, out=report.append)
    assert result.attempted > 15
    assert result.failed == 0, "".join(report)


@pytest.mark.parametrize("example", COMMANDS, ids=lambda example: example.splitlines()[0][:60])
def test_command_line(server: PageServer, tmp_path: Path, example: str) -> None:
    command, _, output = example.partition("\n")
    shim = tmp_path / "translate-client"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m translate_client "$@"\n', encoding="utf-8")
    shim.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "TRANSLATE_URL": server.url,
    }
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == (output, "")
