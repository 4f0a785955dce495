"""Changes to a recipe."""

from __future__ import annotations

from model.config import Recipe


def changed(recipe: Recipe, **values: object) -> Recipe:
    """``recipe`` with other training options."""
    return recipe.model_copy(update={"training": recipe.training.model_copy(update=values)})
