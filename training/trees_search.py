"""Finds the trees' settings: a few sound recipes first, then Optuna for as long as the budget lasts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import optuna

from models.boosting import Booster, TreesRecipe, fit_watched
from models.encoder import Array
from training.recipe import USUAL_HALF_LIFE, aged
from training.stage import Progress, Stage, Tried, clearly_better, demanded_errors, judged

USUAL_ROUNDS = 200
MOST_ROUNDS = 500
QUICK, QUICK_ROUNDS = 0.1, 300
# Beside small, slowly learned trees: cuts drawn by lot, and larger trees for tables whose columns act together. Larger
# ones learn faster, since the time to tell reasons grows with the number of leaves.
OTHER_SHAPES: tuple[dict[str, Any], ...] = (
    {"extra_trees": True},
    {"num_leaves": 15, "learning_rate": QUICK, "rounds": QUICK_ROUNDS},
    {"num_leaves": 31, "learning_rate": QUICK, "rounds": QUICK_ROUNDS, "lambda_l2": 1.0},
)
OTHER_HALF_LIVES = (None, 0.25)
SEED = 20261122


@dataclass(frozen=True)
class TreesSetting:
    recipe: TreesRecipe
    half_life: float | None


@dataclass(frozen=True)
class TriedTrees:
    """`setting.recipe.rounds` is the number chosen; `curve` is the mean loss over the stages after each round."""

    setting: TreesSetting
    tried: Tried
    curve: list[float]


def search_trees(stages: Sequence[Stage], forward: bool, seconds: float, progress: Progress) -> TriedTrees:
    """The setting with the least log loss. `seconds` is for tuning beyond the first recipes; 0 means none."""
    rows = max(len(stage.fit.y) for stage in stages)
    plain = TreesRecipe(rounds=MOST_ROUNDS, min_data_in_leaf=int(np.clip(rows / 100, 5, 40)))
    best = try_trees(stages, TreesSetting(plain, USUAL_HALF_LIFE if forward else None))
    for half_life in OTHER_HALF_LIVES if forward else ():
        best = _better(best, try_trees(stages, TreesSetting(plain, half_life)))
    for other in OTHER_SHAPES:
        best = _better(best, try_trees(stages, TreesSetting(replace(plain, **other), best.setting.half_life)))
    return _tune(stages, best, seconds, progress) if seconds > 0 else best


def try_trees(stages: Sequence[Stage], setting: TreesSetting) -> TriedTrees:
    started = time.perf_counter()
    with ThreadPoolExecutor() as pool:  # one thread a stage, and one thread in each fit
        fits = list(pool.map(partial(_watched, setting), stages))
    curves = _curves([losses for _, losses in fits])
    curve = np.average(curves, axis=0, weights=[len(stage.judge.y) for stage in stages])
    rounds = _rounds(curves, curve, demanded_errors(stages))
    log_odds = [
        booster.predict(stage.judge.X, raw_score=True, num_threads=1, num_iteration=rounds)
        for (booster, _), stage in zip(fits, stages, strict=True)
    ]
    chosen = replace(setting, recipe=replace(setting.recipe, rounds=rounds))
    return TriedTrees(chosen, judged(stages, log_odds, time.perf_counter() - started), curve.tolist())


def _watched(setting: TreesSetting, stage: Stage) -> tuple[Booster, list[float]]:
    rows = aged(stage.fit, setting.half_life)
    return fit_watched(stage.encoder, rows, setting.recipe, stage.judge, USUAL_ROUNDS)


def _curves(curves: Sequence[Sequence[float]]) -> Array:
    """Log loss by stage and round; a stage that stopped early keeps its last loss."""
    longest = max(len(curve) for curve in curves)
    return np.array([np.pad(curve, (0, longest - len(curve)), mode="edge") for curve in curves])


def _rounds(curves: Array, mean: Array, errors: float) -> int:
    """Where the mean loss was least, if that is clearly better than the usual number."""
    best, usual = int(np.argmin(mean)), min(USUAL_ROUNDS, len(mean)) - 1
    return 1 + (best if clearly_better(curves[:, best], curves[:, usual], errors) else usual)


def _better(incumbent: TriedTrees, other: TriedTrees) -> TriedTrees:
    return other if other.tried.clearly_beats(incumbent.tried) else incumbent


def _tune(stages: Sequence[Stage], start: TriedTrees, seconds: float, progress: Progress) -> TriedTrees:
    """Optuna sees every stage but the last. The best of many trials is partly lucky, so what it found replaces the
    start only if the last stage, which chose nothing, likes it better too."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    best, ends = start, time.monotonic() + seconds
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=SEED))
    while time.monotonic() < ends:
        trial = study.ask()
        found = try_trees(stages, TreesSetting(_suggest(trial, start.setting.recipe), start.setting.half_life))
        study.tell(trial, _but_last(found))
        best = min(best, found, key=_but_last)
        left = max(0, ends - time.monotonic())
        progress(f"tuning trees: {len(study.trials)} tried, log loss {best.tried.loss:.4f}, {left:.0f} s left")
    return _better(start, best) if best.tried.losses[-1] < start.tried.losses[-1] else start


def _but_last(trees: TriedTrees) -> float:
    tried = trees.tried
    return float(np.average(tried.losses[:-1], weights=tried.rows[:-1])) if len(tried.losses) > 1 else tried.loss


def _suggest(trial: optuna.Trial, start: TreesRecipe) -> TreesRecipe:
    return replace(
        start,
        rounds=MOST_ROUNDS if start.learning_rate < QUICK else QUICK_ROUNDS,
        num_leaves=trial.suggest_int("num_leaves", 3, 31, log=True),
        min_data_in_leaf=trial.suggest_int("min_data_in_leaf", 5, 200, log=True),
        feature_fraction=trial.suggest_float("feature_fraction", 0.2, 1.0),
        bagging_fraction=trial.suggest_float("bagging_fraction", 0.5, 1.0),
        lambda_l2=trial.suggest_float("lambda_l2", 0.1, 100.0, log=True),
        cat_smooth=trial.suggest_float("cat_smooth", 1.0, 100.0, log=True),
        cat_l2=trial.suggest_float("cat_l2", 1.0, 100.0, log=True),
        extra_trees=trial.suggest_categorical("extra_trees", [False, True]),
    )
