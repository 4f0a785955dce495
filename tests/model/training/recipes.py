"""Changes to a recipe."""

from __future__ import annotations

import json
from pathlib import Path

from model.config import Recipe


def changed(recipe: Recipe, **values: object) -> Recipe:
    """``recipe`` with other training options."""
    return recipe.model_copy(update={"training": recipe.training.model_copy(update=values)})


def write_toml(recipe: Recipe, path: Path) -> Path:
    """``recipe`` as a person would write it, in ``path``."""
    lines = []
    for table, values in recipe.model_dump(mode="json", exclude_none=True).items():
        lines.append(f"[{table}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items() if value != {}]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path
