from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from model.cli import COMMANDS, main
from model.errors import CorpusError

HEAVY = ("torch", "sacrebleu", "rich", "tensorboard", "matplotlib", "jinja2", "rouge_score")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_teaches_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert "example" in out
    assert f"python -m model {command} " in out.split("example", 1)[1]


def test_the_help_lists_every_command_with_its_own_words(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    for name, summary in COMMANDS.items():
        assert any(line.startswith(name) and line.endswith(summary) for line in lines)


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_help_is_instant_because_it_imports_nothing_heavy(command: str | None) -> None:
    arguments = [command, "--help"] if command else ["--help"]
    code = f"""
import sys
from model.cli import main
try:
    main({arguments!r})
except SystemExit:
    pass
print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stderr.strip() == "[]"


@pytest.mark.parametrize("arguments", [[], ["transalte"], ["translate"], ["--version"]])
def test_arguments_that_make_no_sense_exit_with_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "error:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (CorpusError("a.de: empty"), 2, "error: a.de: empty\n"),
        (
            FileNotFoundError(2, "No such file or directory", "a.de"),
            2,
            "error: a.de: No such file or directory\n",
        ),
        (OSError("disk on fire"), 2, "error: disk on fire\n"),
        (KeyboardInterrupt(), 130, ""),
        (ModuleNotFoundError("no", name="rich.table"), 2, "error: this command needs rich.table: install"),
    ],
)
def test_failures_become_a_message_and_a_status(
    error: BaseException,
    status: int,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(_args: argparse.Namespace) -> int:
        raise error

    monkeypatch.setattr("model.cli.inspect.run", fail)
    assert main(["inspect", "folder"]) == status
    assert capsys.readouterr().err.startswith(message)


@pytest.mark.parametrize("error", [ModuleNotFoundError("no", name="model.gone"), ZeroDivisionError()])
def test_a_defect_of_the_program_is_not_dressed_up_as_a_mistake_of_the_user(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_args: argparse.Namespace) -> int:
        raise error

    monkeypatch.setattr("model.cli.inspect.run", fail)
    with pytest.raises(type(error)):
        main(["inspect", "folder"])


def test_a_reader_that_goes_away_ends_the_command_quietly(tiny_checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "in").write_text("Der Zug.\n" * 2000)
    command = [
        sys.executable,
        "-m",
        "model",
        "translate",
        str(tiny_checkpoint),
        "--input",
        str(tmp_path / "in"),
    ]
    command += ["--source-lang", "de", "--target-lang", "en", "--beam-size", "1", "--max-length", "4"]
    command += ["--batch-rows", "2", "--threads", "1"]
    ran = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert ran.stdout is not None
    assert ran.stderr is not None
    with ran.stdout, ran.stderr:
        assert ran.stdout.readline()
        ran.stdout.close()
        assert ran.wait(30) == 141
        assert b"Traceback" not in ran.stderr.read()
