"""Trees fitted with LightGBM, native categories, regularised: by log loss where every label is known, by the likelihood
of labels that wait where some are young. Either way they are models of log-odds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

import lightgbm
import numpy as np
from lightgbm import Booster
from numpy.typing import NDArray

from models.encoder import Array, Encoder
from models.likelihood import base_rate, derivatives, losses
from models.trees import FOLDS, Trees, folds

__all__ = ["Booster", "Rows", "TreesRecipe", "boost", "fit_trees", "fit_watched"]

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


@dataclass(frozen=True)
class Rows:
    """Rows that fit or judge. `weight` is for recency, never for class. With `maturity`, F(age) of each lead, the loss
    is that of labels that wait (`models.likelihood`); rows that judge then need theirs too."""

    X: Array
    y: Array
    weight: Array | None = None
    maturity: Array | None = None

    def where(self, chosen: NDArray[np.bool_]) -> Rows:
        weight, maturity = (None if each is None else each[chosen] for each in (self.weight, self.maturity))
        return Rows(self.X[chosen], self.y[chosen], weight, maturity)


def fit_trees(encoder: Encoder, rows: Rows, recipe: TreesRecipe) -> Trees:
    """One model for each contiguous fifth left out (of an order that is time or the file's), so that their mean is
    steadier than any one of them."""
    fold = folds(len(rows.y))

    def fit_without(left_out: int) -> Booster:
        return boost(encoder, rows.where(fold != left_out), recipe.parameters(left_out), recipe.rounds)

    with ThreadPoolExecutor() as pool:  # one thread a model, and one thread in each fit
        return Trees(list(pool.map(fit_without, range(FOLDS))))


def fit_watched(
    encoder: Encoder, rows: Rows, recipe: TreesRecipe, judge: Rows, patience: int
) -> tuple[Booster, list[float]]:
    """One booster and its mean loss on the judged rows after each round; stops after `patience` rounds without gain."""
    told: dict[str, dict[str, list[float]]] = {}
    watch = [lightgbm.record_evaluation(told), lightgbm.early_stopping(patience, verbose=False)]
    booster = boost(encoder, rows, recipe.parameters(0), recipe.rounds, judge, watch)
    (curve,) = told["judge"].values()
    return booster, curve


def boost(
    encoder: Encoder,
    rows: Rows,
    parameters: Mapping[str, object],
    rounds: int,
    judge: Rows | None = None,
    callbacks: Sequence[Callable[..., None]] = (),
) -> Booster:
    """`judge` are rows whose loss is told to the callbacks after each round. Every tree that was grown is
    returned, whichever round they liked best."""
    start = None if rows.maturity is None else _log_odds(base_rate(rows.y, rows.maturity, rows.weight))
    loss = {"metric": "binary_logloss"} if start is None else {"objective": _derivatives(rows), "metric": "none"}
    data = _data(encoder, rows, start)
    booster = lightgbm.train(
        {**parameters, **loss},
        data,
        rounds,
        valid_sets=[data.create_valid(judge.X, judge.y, init_score=_scores(judge, start))] if judge else None,
        valid_names=["judge"] if judge else None,
        feval=None if start is None or judge is None else _mean_loss(judge),
        callbacks=list(callbacks),
        keep_training_booster=True,  # else LightGBM keeps only the trees up to the least loss on the judged rows
    )
    return Booster(model_str=_every_tree(booster) if start is None else _starting_at(start, booster))


def _data(encoder: Encoder, rows: Rows, start: float | None) -> lightgbm.Dataset:
    return lightgbm.Dataset(
        rows.X,
        rows.y,
        weight=rows.weight,
        init_score=_scores(rows, start),
        feature_name=[f"column_{place}" for place in range(rows.X.shape[1])],
        categorical_feature=encoder.level_places,
        params={"feature_pre_filter": False, "verbosity": -1, "num_threads": 1},
    )


def _scores(rows: Rows, start: float | None) -> Array | None:
    return None if start is None else np.full(len(rows.y), start)


def _log_odds(rate: float) -> float:
    return math.log(rate / (1 - rate))


def _derivatives(rows: Rows) -> Callable[[Array, lightgbm.Dataset], tuple[Array, Array]]:
    """LightGBM leaves weights to whoever brings the loss."""
    maturity = np.ones(len(rows.y)) if rows.maturity is None else rows.maturity
    weight = np.ones(len(rows.y)) if rows.weight is None else rows.weight

    def weighed(log_odds: Array, _: lightgbm.Dataset) -> tuple[Array, Array]:
        found = derivatives(rows.y, log_odds, maturity)
        return weight * found.gradient, weight * found.hessian

    return weighed


def _mean_loss(judge: Rows) -> Callable[[Array, lightgbm.Dataset], tuple[str, float, bool]]:
    def told(log_odds: Array, _: lightgbm.Dataset) -> tuple[str, float, bool]:
        return "log_loss", float(losses(judge.y, log_odds, judge.maturity).mean()), False

    return told


def _every_tree(booster: Booster) -> str:
    return str(booster.model_to_string(num_iteration=-1))


def _starting_at(start: float, booster: Booster) -> str:
    """The text of the same model with the score that it started from in its first tree, where LightGBM keeps it for its
    own losses; it says what it is a model of, which LightGBM leaves out after a loss that it was given."""
    leaves = booster.dump_model(num_iteration=1)["tree_info"][0]["num_leaves"]
    for leaf in range(leaves):
        booster.set_leaf_output(0, leaf, start + booster.get_leaf_output(0, leaf))
    text = _every_tree(booster)
    return text.replace("\nfeature_names=", "\nobjective=binary sigmoid:1\nfeature_names=", 1)
