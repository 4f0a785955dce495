"""Provenance: what a record says, and what it must not say."""

from __future__ import annotations

import socket
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.record import ROOT, Commit, provenance, read_commit, read_machine


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit."""
    git(tmp_path, "init", "-q")
    (tmp_path / "code.py").write_text("1\n", encoding="utf-8")
    git(tmp_path, "add", ".")
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    git(tmp_path, *identity, "commit", "-q", "-m", "One")
    return tmp_path


def git(directory: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=directory, check=True)


def test_a_clean_commit(repository: Path) -> None:
    commit = read_commit(repository)
    assert commit.revision is not None
    assert len(commit.revision) == 40
    assert commit.dirty is False


def test_changed_and_new_code_is_dirty(repository: Path) -> None:
    (repository / "new.py").write_text("2\n", encoding="utf-8")
    assert read_commit(repository).dirty is True
    (repository / "new.py").unlink()
    (repository / "code.py").write_text("3\n", encoding="utf-8")
    assert read_commit(repository).dirty is True


def test_new_results_are_not_dirt(repository: Path) -> None:
    results = repository / "benchmarks" / "results"
    results.mkdir(parents=True)
    (results / "today.json").write_text("{}", encoding="utf-8")
    assert read_commit(repository).dirty is False


def test_no_repository_is_no_error(tmp_path: Path) -> None:
    assert read_commit(tmp_path) == Commit(revision=None, dirty=None)


def test_the_machine_is_described() -> None:
    machine = read_machine()
    assert machine.cpu
    assert machine.cores >= 1
    assert machine.memory_gib > 0.1
    assert machine.gpu is None


def test_paths_and_the_host_are_left_out() -> None:
    outside = "/somewhere/private/checkpoint"
    arguments = [
        str(ROOT / "checkpoints" / "to-english"),
        outside,
        f"--input={outside}",
        "--rate",
        "5",
        "a b",
    ]
    origin = provenance("benchmarks.load", arguments, method="none")
    shown = "checkpoints/to-english checkpoint --input=checkpoint --rate 5 'a b'"
    assert origin.command == f"python -m benchmarks.load {shown}"
    written = origin.model_dump_json()
    for secret in (str(ROOT), "private", socket.gethostname()):
        assert secret not in written


def test_the_date_is_now_in_utc() -> None:
    date = datetime.fromisoformat(provenance("benchmarks.load", [], method="none").date)
    assert date.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - date) < timedelta(minutes=1)
