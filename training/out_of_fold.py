"""What a recipe says of the rows it was fitted on, each fifth by what was fitted on the others."""

from __future__ import annotations

import numpy as np

from models.blend import Blend
from models.boosting import Rows
from models.encoder import Array, Encoder
from models.logistic import LogisticRecipe, fit_logistic
from models.trees import FOLDS, folds
from training.recipe import Recipe, aged


def out_of_fold(blend: Blend, rows: Rows, recipe: Recipe) -> Array:
    """Log-odds. `blend` is `recipe` fitted on these very rows, and its fold models are the trees that this takes."""
    said = np.full(len(rows.y), blend.shift)
    if blend.trees is not None:
        said += blend.trees_weight * blend.trees.out_of_fold(rows.X)
    if recipe.logistic is not None:
        weighed = aged(rows, recipe.logistic_half_life)
        said += blend.logistic_weight * _by_logistics(blend.encoder, weighed, recipe.logistic)
    return said


def _by_logistics(encoder: Encoder, rows: Rows, recipe: LogisticRecipe) -> Array:
    said, fold = np.empty(len(rows.y)), folds(len(rows.y))
    for left_out in range(FOLDS):
        others = rows.where(fold != left_out)
        fitted = fit_logistic(encoder, others.X, others.y, recipe, others.weight, others.maturity)
        said[fold == left_out] = fitted.log_odds(rows.X[fold == left_out])
    return said
