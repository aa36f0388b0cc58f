"""Gradient-boosted trees (LightGBM): the mean log-odds of several fold models, native categories, regularised."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

import lightgbm
import numpy as np
from lightgbm import Booster
from numpy.typing import NDArray

from models.boosting import Rows, boost
from models.encoder import Array, Encoder

__all__ = ["Booster", "Rows", "Trees", "TreesRecipe", "fit_trees", "fit_watched"]

FOLDS = 5

# Classes are never reweighted: a probability would stop being one. One thread: beside serving, and on busy cores,
# more threads wait for each other.
FIXED: dict[str, object] = {
    "objective": "binary",
    "bagging_freq": 1,
    "max_cat_to_onehot": 4,
    "min_data_per_group": 50,
    "feature_pre_filter": False,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}


@dataclass(frozen=True)
class TreesRecipe:
    """LightGBM's parameters that the audition may choose; `rounds` is the number of trees in each fold model."""

    rounds: int = 200
    learning_rate: float = 0.05
    num_leaves: int = 7
    min_data_in_leaf: int = 40
    feature_fraction: float = 0.7
    bagging_fraction: float = 0.8
    lambda_l2: float = 5.0
    cat_smooth: float = 20.0
    cat_l2: float = 20.0
    extra_trees: bool = False

    def parameters(self, seed: int) -> dict[str, object]:
        return FIXED | {name: value for name, value in asdict(self).items() if name != "rounds"} | {"seed": seed}


class Trees:
    """The mean of its boosters, in log-odds."""

    def __init__(self, boosters: Sequence[Booster]) -> None:
        self.boosters = tuple(boosters)

    def fold_log_odds(self, X: Array) -> Array:
        """Shape (fold models, leads)."""
        return np.stack([booster.predict(X, raw_score=True, num_threads=1) for booster in self.boosters])

    def log_odds(self, X: Array) -> Array:
        return np.asarray(self.fold_log_odds(X).mean(axis=0))

    def out_of_fold(self, X: Array) -> Array:
        """Of the rows that it was fitted on, the log-odds by the fold model that did not see them."""
        rows = np.arange(len(X))
        return np.asarray(self.fold_log_odds(X)[folds(len(X)), rows])

    def fold_contributions(self, X: Array, threads: int = 1) -> Array:
        """TreeSHAP in log-odds (Lundberg, Lee 2018), shape (fold models, leads, columns + 1), each model's base in the
        last column."""
        each = [booster.predict(X, pred_contrib=True, num_threads=threads) for booster in self.boosters]
        return np.stack(each)

    def to_texts(self) -> list[str]:
        return [booster.model_to_string() for booster in self.boosters]

    @staticmethod
    def from_texts(texts: Sequence[str]) -> Trees:
        """LightGBM's reader can crash the process on a damaged text: only `models.verification` may call this on
        bytes that were not yet verified."""
        return Trees([lightgbm.Booster(model_str=text) for text in texts])


def fit_trees(encoder: Encoder, rows: Rows, recipe: TreesRecipe) -> Trees:
    """One model for each contiguous fifth left out (of an order that is time or the file's), so that their mean is
    steadier than any one of them."""
    fold = folds(len(rows.y))

    def fit_without(left_out: int) -> Booster:
        return boost(encoder, rows.where(fold != left_out), recipe.parameters(left_out), recipe.rounds)

    with ThreadPoolExecutor() as pool:  # one thread a model, and one thread in each fit
        return Trees(list(pool.map(fit_without, range(FOLDS))))


def folds(rows: int) -> NDArray[np.intp]:
    """Of each row, the number of the fold model that does not see it."""
    return np.arange(rows) * FOLDS // rows


def fit_watched(
    encoder: Encoder, rows: Rows, recipe: TreesRecipe, judge: Rows, patience: int
) -> tuple[Booster, list[float]]:
    """One booster and its mean loss on the judged rows after each round; stops after `patience` rounds without gain."""
    told: dict[str, dict[str, list[float]]] = {}
    watch = [lightgbm.record_evaluation(told), lightgbm.early_stopping(patience, verbose=False)]
    booster = boost(encoder, rows, recipe.parameters(0), recipe.rounds, judge, watch)
    (curve,) = told["judge"].values()
    return booster, curve
