"""The entry point: help, and settings that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.command import main
from service.settings import Settings, variable


def test_help_lists_every_variable(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    for field in Settings.model_fields:
        assert variable(field) in text


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORT", "eighty", "PORT must be an integer at least 0 and at most 65535"),
        ("DRAGOMAN_BEAM", "5", "did you mean DRAGOMAN_BEAM_SIZE?"),
        ("DRAGOMAN_CHECKPOINTS", "/nowhere", "DRAGOMAN_CHECKPOINTS: there is no checkpoint in /nowhere"),
        ("DRAGOMAN_API_KEYS_FILE", "/nowhere", "DRAGOMAN_API_KEYS_FILE: /nowhere cannot be read"),
        ("DRAGOMAN_CHARACTER_QUOTA", "0", "DRAGOMAN_CHARACTER_QUOTA must be an integer at least 1"),
    ],
)
def test_a_setting_that_cannot_be_used_ends_with_two_and_a_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tiny_checkpoint: Path,
    name: str,
    value: str,
    says: str,
) -> None:
    monkeypatch.setenv("DRAGOMAN_CHECKPOINTS", str(tiny_checkpoint))
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert says in captured.err
