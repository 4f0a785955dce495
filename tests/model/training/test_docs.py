"""docs/training.md: its recipes are valid, its commands exist, and it explains every option."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from model.cli import build_parser
from model.config import DataConfig, TrainingConfig, load_recipe

TEXT = (Path(__file__).parents[3] / "docs" / "training.md").read_text(encoding="utf-8")
COMMANDS = [
    shlex.split(line)[3:]
    for block in re.findall(r"```console\n(.*?)```", TEXT, flags=re.DOTALL)
    for line in block.replace("\\\n", " ").replace("$ ", "").splitlines()
    if line.startswith("python -m model ")
]


@pytest.mark.parametrize("name", [*DataConfig.model_fields, *TrainingConfig.model_fields])
def test_every_option_is_explained(name: str) -> None:
    rows = [line.split("|")[1] for line in TEXT.splitlines() if line.startswith("|")]
    assert any(f"`{name}`" in cell for cell in rows)


@pytest.mark.parametrize("recipe", re.findall(r"```toml\n(.*?)```", TEXT, flags=re.DOTALL))
def test_recipes_are_valid(recipe: str, tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text(recipe, encoding="utf-8")
    load_recipe(tmp_path / "recipe.toml")


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: arguments[0])
def test_commands_are_accepted(arguments: list[str]) -> None:
    build_parser(arguments).parse_args(arguments)


def test_the_way_from_text_to_scores_is_there() -> None:
    assert [arguments[0] for arguments in COMMANDS][:4] == ["prepare", "train", "tune", "evaluate"]
