from __future__ import annotations

from pathlib import Path

import pytest

from model.cli import main
from model.config import Recipe
from model.training import loop
from model.training.loop import Outcome


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text('[data]\ndirectory = "corpus"\n[training]\nmax_updates = 7\n')
    return path


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize("finished", [False, True])
def test_the_recipe_and_the_folder_reach_the_loop_and_its_outcome_comes_back(
    resume: bool,
    finished: bool,
    recipe: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    calls: list[tuple[Recipe, Path, bool]] = []

    def train(recipe: Recipe, directory: Path, *, resume: bool = False) -> Outcome:
        calls.append((recipe, directory, resume))
        return Outcome(finished, 7, directory / "checkpoint" if finished else None)

    monkeypatch.setattr(loop, "train", train)
    flags = ["--resume"] if resume else []
    status = main(["train", str(recipe), "--output", str(tmp_path / "run"), *flags])
    [(read, directory, resumed)] = calls
    assert (directory, resumed) == (tmp_path / "run", resume)
    assert (read.data.directory, read.training.max_updates) == (tmp_path / "corpus", 7)
    assert status == (0 if finished else 130)
    assert capsys.readouterr().out == (f"{tmp_path / 'run/checkpoint'}\n" if finished else "")


def test_a_recipe_that_cannot_be_used_is_explained(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe.write_text('[data]\ndirectory = "corpus"\n[training]\nmax_update = 7\n')
    assert main(["train", str(recipe), "--output", str(tmp_path / "run")]) == 2
    reason = "unknown key 'training.max_update'; did you mean 'max_updates'?"
    assert capsys.readouterr().err == f"error: {recipe}: {reason}\n"
    assert not (tmp_path / "run").exists()
