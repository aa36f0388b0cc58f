"""How a model is made, as settings alone: what the audition chooses, what a refit repeats on other rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.matrix import Feature
from leads.lead import Rung
from models.blend import Blend
from models.boosting import Rows, TreesRecipe, fit_trees
from models.encoder import Array, Encoder, fit_encoder
from models.logistic import Logistic, LogisticRecipe, fit_logistic
from models.scorer import logit
from models.trees import Trees

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


def fit_recipe(
    features: Sequence[Feature],
    matrix: pd.DataFrame,
    y: Array,
    recipe: Recipe,
    maturity: Array | None = None,
    weight: Array | None = None,
    person: NDArray[np.integer] | None = None,
) -> Blend:
    """Fits on exactly the rows given, which stand oldest first where an order is known; `maturity` is F(age) of each
    where some are young, `weight` makes a lead's rows one, `person` tells those of the same person."""
    encoder = fit_encoder(features, matrix, person)
    return fit_blend(encoder, Rows(encoder.table(matrix), y, weight, maturity), recipe)


def fit_blend(encoder: Encoder, rows: Rows, recipe: Recipe) -> Blend:
    logistic, trees = _fit_logistic(encoder, rows, recipe), _fit_trees(encoder, rows, recipe)
    logistic_share = 0.0 if logistic is None else 1.0 if trees is None else recipe.logistic_share
    return Blend(
        encoder,
        logistic,
        trees,
        shift=(1 - recipe.trust) * logit(smoothed_rate(rows.y, rows.maturity)),
        logistic_weight=recipe.trust * logistic_share,
        trees_weight=recipe.trust * (1 - logistic_share),
    )


def aged(rows: Rows, half_life: float | None) -> Rows:
    """Rows that stand oldest first, older ones weighing less, their mean weight as before; `half_life` is a share of
    the rows."""
    if half_life is None:
        return rows
    count = len(rows.y)
    recency = 0.5 ** (np.arange(count)[::-1] / (half_life * count))
    weight = recency / recency.mean()
    return replace(rows, weight=weight if rows.weight is None else weight * rows.weight)


def smoothed_rate(y: Array, maturity: Array | None = None) -> float:
    """The share of leads that convert in the end, kept off 0 and 1 by half a lead of each."""
    leads = len(y) if maturity is None else max(maturity.sum(), y.sum())
    return float((y.sum() + 0.5) / (leads + 1))


def _fit_logistic(encoder: Encoder, rows: Rows, recipe: Recipe) -> Logistic | None:
    if recipe.logistic is None:
        return None
    weighed = aged(rows, recipe.logistic_half_life)
    return fit_logistic(encoder, weighed.X, weighed.y, recipe.logistic, weighed.weight, weighed.maturity)


def _fit_trees(encoder: Encoder, rows: Rows, recipe: Recipe) -> Trees | None:
    return None if recipe.trees is None else fit_trees(encoder, aged(rows, recipe.trees_half_life), recipe.trees)
