"""How a model is made, as settings alone: what the audition chooses, what a refit repeats on other rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from features.matrix import Feature
from leads.lead import Rung
from models.blend import Blend
from models.encoder import Array, Encoder, fit_encoder
from models.logistic import LogisticRecipe, fit_logistic
from models.scorer import logit
from models.trees import TreesRecipe, fit_trees

# Where rows stand in time, one that is half the history older weighs half as much, unless another rate clearly pays.
USUAL_HALF_LIFE = 0.5


@dataclass(frozen=True)
class Recipe:
    """log-odds = (1 - trust) · those of the base rate + trust · (logistic_share · logistic + the rest · trees).

    `logistic_half_life` and `trees_half_life` are the shares of the history after which a row weighs half as much;
    None: every row weighs the same."""

    logistic: LogisticRecipe | None
    trees: TreesRecipe | None
    trust: float = 1.0
    logistic_share: float = 0.5
    logistic_half_life: float | None = None
    trees_half_life: float | None = None

    @property
    def rung(self) -> Rung:
        if self.trees is None:
            return "logistic"
        return "trees" if self.logistic is None else "blend"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> Recipe:
        logistic, trees = document["logistic"], document["trees"]
        rest = {name: value for name, value in document.items() if name not in ("logistic", "trees")}
        return Recipe(LogisticRecipe(**logistic) if logistic else None, TreesRecipe(**trees) if trees else None, **rest)


def fit_recipe(features: Sequence[Feature], matrix: pd.DataFrame, y: Array, recipe: Recipe) -> Blend:
    """Fits on exactly the rows given, which stand oldest first where an order is known."""
    encoder = fit_encoder(features, matrix)
    X = encoder.table(matrix)
    logistic, trees = _fit_logistic(encoder, X, y, recipe), _fit_trees(encoder, X, y, recipe)
    logistic_share = 0.0 if logistic is None else 1.0 if trees is None else recipe.logistic_share
    return Blend(
        encoder,
        logistic,
        trees,
        shift=(1 - recipe.trust) * logit(smoothed_rate(y)),
        logistic_weight=recipe.trust * logistic_share,
        trees_weight=recipe.trust * (1 - logistic_share),
    )


def recency(rows: int, half_life: float | None) -> Array | None:
    """Weights with mean 1 for rows that stand oldest first; half_life is a share of the rows."""
    if half_life is None:
        return None
    weight = 0.5 ** (np.arange(rows)[::-1] / (half_life * rows))
    return np.asarray(weight / weight.mean(), dtype=np.float64)


def smoothed_rate(y: Array) -> float:
    """The share of ones, kept off 0 and 1 by half a lead of each."""
    return float((y.sum() + 0.5) / (len(y) + 1))


def _fit_logistic(encoder: Encoder, X: Array, y: Array, recipe: Recipe) -> Any:
    if recipe.logistic is None:
        return None
    return fit_logistic(encoder, X, y, recipe.logistic, recency(len(y), recipe.logistic_half_life))


def _fit_trees(encoder: Encoder, X: Array, y: Array, recipe: Recipe) -> Any:
    if recipe.trees is None:
        return None
    return fit_trees(encoder, X, y, recipe.trees, recency(len(y), recipe.trees_half_life))
