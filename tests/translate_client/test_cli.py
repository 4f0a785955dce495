"""The command line, called as a function."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from service.errors import Overloaded
from tests.browser.page_server import PageServer
from translate_client.cli import main
from translate_client.cli.progress import ProgressBar

GERMAN = "Wo ist der Bahnhof?"
ENGLISH = "Where is the station?"

Run = Callable[..., int]


class Terminal(io.StringIO):
    """Text output that people watch."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def run(small: PageServer, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command with these arguments, and this on standard input."""
    monkeypatch.setenv("TRANSLATE_URL", small.url)

    def run(*arguments: str, text: bytes = b"") -> int:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
        return main(arguments)

    return run


def test_texts(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("translate", "-t", "en", GERMAN, "Guten Tag!") == 0
    assert capsys.readouterr().out == f"{ENGLISH}\nGood day!\n"
    assert run("translate", "-t", "en", "--json", GERMAN) == 0
    assert json.loads(capsys.readouterr().out)["text"] == ENGLISH
    assert run("translate", "-t", "en", "--json", GERMAN, "12") == 0
    assert [one["text"] for one in json.loads(capsys.readouterr().out)] == [ENGLISH, "12"]


@pytest.mark.parametrize("stream", [[], ["--stream"]])
@pytest.mark.parametrize("text", [b"", b"\n", b" 12\r\n\r\n", "Grüße: 😀".encode()])
def test_standard_input_is_copied_to_the_byte(
    run: Run, capsys: pytest.CaptureFixture[str], text: bytes, stream: list[str]
) -> None:
    assert run("translate", "-f", "de", "-t", "en", *stream, text=text) == 0
    assert capsys.readouterr().out.encode() == text


def test_a_long_standard_input(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("translate", "-f", "de", "-t", "en", "--bulk", text=f"{GERMAN}\n".encode() * 30) == 0
    assert capsys.readouterr().out == f"{ENGLISH}\n" * 30


def test_a_stream_of_several_texts(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("translate", "-f", "de", "-t", "en", "--stream", f"{GERMAN} {GERMAN}", "12", "Guten Tag!") == 0
    assert capsys.readouterr().out == f"{ENGLISH} {ENGLISH}\n12\nGood day!\n"
    assert run("translate", "-f", "de", "-t", "en", "--stream", "--json", GERMAN, "12") == 0
    *segments, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert [one["segment"]["text"] for one in segments] == [ENGLISH, "12"]
    assert [one["text"] for one in last["done"]] == [ENGLISH, "12"]


def test_a_bar_is_for_those_who_watch(
    run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Terminal()
    monkeypatch.setattr(sys, "stderr", watched)
    assert run("translate", "-f", "de", "-t", "en", f"{GERMAN} {GERMAN}") == 0
    assert capsys.readouterr().out == f"{ENGLISH} {ENGLISH}\n"
    frames = watched.getvalue().split("\r")
    assert any(" 50%" in frame for frame in frames)
    assert any("100%" in frame for frame in frames)
    assert frames[-2].strip() == frames[-1] == "", "it is wiped"
    watched.truncate(0)
    assert run("translate", "-f", "de", "-t", "en", "--quiet", GERMAN) == 0
    assert watched.getvalue().strip("\0") == ""


def test_no_bar_where_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((12, 24)))
    watched = Terminal()
    with ProgressBar(watched, "translating") as bar:
        bar.show(0.5)
    assert watched.getvalue() == ""


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--url", "nowhere", "languages"], 2, "url must begin with http"),
        (["--url", "http://localhost:1", "languages"], 3, "cannot be reached"),
        (["translate", "-t", "xx", GERMAN], 1, "target: this language is not served"),
        (["translate", "-t", "en", "--alternatives", "1", "a " * 60], 1, "at most 100 are accepted"),
        (["file", "-t", "en", "missing.txt"], 2, "missing.txt: there is no such file"),
    ],
)
def test_failures_have_a_message_and_a_status(
    run: Run, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, message: str
) -> None:
    if status == 3:
        arguments = ["--timeout", "0.1", *arguments]
    assert run(*arguments) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.count("\n") == 1


def test_input_that_is_no_text(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("detect", text=b"ab\xff") == 2
    assert "standard input is not in UTF-8: byte 2" in capsys.readouterr().err


def test_a_busy_service(run: Run, small: PageServer, capsys: pytest.CaptureFixture[str]) -> None:
    small.engine.refusal = Overloaded("the queue is full", retry_after_seconds=3600)
    assert run("translate", "-t", "en", "-f", "de", GERMAN) == 4
    assert "the queue is full" in capsys.readouterr().err


def test_files(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.txt", "b.md"):
        (tmp_path / name).write_text(f"{GERMAN}\n", encoding="utf-8")
    folder = tmp_path / "out"
    folder.mkdir()
    files = [str(tmp_path / name) for name in ("a.txt", "b.md")]
    assert run("file", "-f", "de", "-t", "en", "--output", str(folder), *files) == 0
    assert capsys.readouterr().out.splitlines() == [str(folder / name) for name in ("a.en.txt", "b.en.md")]
    assert (folder / "b.en.md").read_text(encoding="utf-8") == f"{ENGLISH}\n"


def test_nothing_is_overwritten_unasked(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "note.txt").write_text("Hallo", encoding="utf-8")
    (tmp_path / "note.en.txt").write_text("mine", encoding="utf-8")
    assert run("file", "-t", "en", str(tmp_path / "note.txt")) == 2
    assert "is there already; --force overwrites it" in capsys.readouterr().err
    assert (tmp_path / "note.en.txt").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    "arguments", [[], ["translate"], ["translate", "-t"], ["--timeout", "0", "languages"]]
)
def test_a_wrong_command_line(run: Run, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(*arguments)
    assert ended.value.code == 2
    assert "usage: translate-client" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["translate"], ["file"], ["detect"], ["languages"]])
def test_help(run: Run, capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(*command, "--help")
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert ("exit status" in text) == (command == [])
    assert len(text) > 150
