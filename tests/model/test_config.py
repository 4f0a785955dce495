"""Recipes: what is wrong is named, with the nearest thing that would be right."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from model.config import DecodingOptions, ModelConfig, load_recipe
from model.errors import ConfigError

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.toml"))


def write(folder: Path, text: str) -> Path:
    path = folder / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_the_recipes_here_are_valid(path: Path) -> None:
    """Their text is in a folder that the README or one of the other recipes says how to make."""
    folder = load_recipe(path).data.directory.relative_to(path.parent / "..")
    explained = [path.parent.parent / "README.md", *path.parent.glob("*.sh"), path.parent / "everyday.toml"]
    name = "/".join(folder.parts[:2])
    assert any(name in document.read_text(encoding="utf-8") for document in explained), name


def test_the_data_folder_is_relative_to_the_file(tmp_path: Path) -> None:
    recipe = load_recipe(write(tmp_path, '[data]\ndirectory = "../somewhere"\n'))
    assert recipe.data.directory == tmp_path / "../somewhere"


def test_every_path_is_relative_to_the_file_and_the_rest_stays(tmp_path: Path) -> None:
    text = """
        [data]
        directory = "../somewhere"
        directions = ["de-en"]
        temperature = 5
        epoch_pairs = 1000
        weights = { "de-en *.tsv" = 0.25 }
        [training]
        initialize_from = "first/checkpoint"
        consistency = "r_drop"
    """
    recipe = load_recipe(write(tmp_path, text))
    assert recipe.data.directory == tmp_path / "../somewhere"
    assert (recipe.data.directions, recipe.data.temperature, recipe.data.epoch_pairs) == (("de-en",), 5, 1000)
    assert recipe.data.weights == {"de-en *.tsv": 0.25}
    assert recipe.training.initialize_from == tmp_path / "first/checkpoint"
    assert recipe.training.consistency == "r_drop"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[data]\ndirectory = "d"\n[training]\nlerning_rate = 1\n', "did you mean 'learning_rate'"),
        ('[data]\ndirectory = "d"\n[model]\nhiden_size = 1\n', "did you mean 'hidden_size'"),
        ('[data]\ndirectory = "d"\n[modle]\n', "did you mean 'model'"),
        ('[data]\ndirectory = "d"\n[training]\ndropout = 1.5\n', "training.dropout"),
        ('[data]\ndirectory = "d"\n[training]\nprecision = "float16"\n', "'float32' or 'bfloat16'"),
        ('[data]\ndirectory = "d"\n[model]\nhidden_size = 33\n', "hidden_size must be even"),
        ('[data]\ndirectory = "d"\n[model]\nhidden_size = 30\n', "attention_heads"),
        ('[data]\ndirectory = "d"\n[training]\nlearning_rate = nan\n', "training.learning_rate"),
        ("[training]\n", "data"),
        ("[data\n", "not valid TOML"),
    ],
)
def test_a_wrong_recipe_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_recipe(write(tmp_path, text))
    assert expected in str(caught.value)
    assert "recipe.toml" in str(caught.value)


def test_a_missing_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml"):
        load_recipe(tmp_path / "nowhere.toml")


def test_n_best_needs_a_beam_as_wide() -> None:
    with pytest.raises(ValidationError, match="n_best"):
        DecodingOptions(beam_size=2, n_best=3)


def test_configurations_are_frozen() -> None:
    config = ModelConfig(vocabulary_size=10)
    with pytest.raises(ValidationError, match="frozen"):
        config.hidden_size = 2  # type: ignore[misc]  # the point of the test
