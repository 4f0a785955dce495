"""The peer's environment, as far as it can be checked without building it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import training
from benchmarks.errors import BenchmarkError
from benchmarks.opennmt import default_environment, ensure_environment, torch_version


def test_a_ready_environment_is_used_as_it_is(tmp_path: Path) -> None:
    versions = {"OpenNMT-py": "3.5.1", "torch": f"{torch_version()}+cpu"}
    (tmp_path / "ready.json").write_text(json.dumps(versions), encoding="utf-8")
    assert ensure_environment(tmp_path) == versions
    assert [path.name for path in tmp_path.iterdir()] == ["ready.json"]


def test_an_environment_with_another_torch_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ready.json").write_text(json.dumps({"torch": "1.0.0"}), encoding="utf-8")
    with pytest.raises(BenchmarkError, match=r"has torch 1\.0\.0, not"):
        ensure_environment(tmp_path)


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work", encoding="utf-8")
    with pytest.raises(BenchmarkError, match="not empty and no virtual environment"):
        ensure_environment(tmp_path)
    assert (tmp_path / "thesis.tex").read_text(encoding="utf-8") == "years of work"


def test_the_cache_folder_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_environment().is_relative_to(tmp_path)
    assert torch_version() in default_environment().name


def test_a_source_without_a_target_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert training.main(["--source", "a"]) == 2
    assert "--source and --target go together" in capsys.readouterr().err
