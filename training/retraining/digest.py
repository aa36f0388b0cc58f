"""What a recipe is called: the same settings have the same name."""

import hashlib
import json

from training.recipe import Recipe


def recipe_digest(recipe: Recipe | None) -> str:
    """None stands for the agreement's scorecard."""
    said = "scorecard" if recipe is None else json.dumps(recipe.to_json(), sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()
