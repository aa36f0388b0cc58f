"""The leads of a retraining made ready: what fits and what judges, each as it was known at its moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.catalogue import ACTION
from features.matrix import Feature
from models.blend import Blend
from models.boosting import Rows
from models.delay import DelayCurve, delay_curve
from models.drift import Past, drift_intercept
from models.encoder import Array
from models.scorer import logit
from training.out_of_fold import out_of_fold
from training.recipe import Recipe, fit_recipe, smoothed_rate
from training.retraining.history import History, known_at
from training.retraining.window import JudgingWindow
from training.splits import Split, forward_splits
from training.stage import Facts, Stage, make_stage

Places = NDArray[np.intp]


@dataclass(frozen=True)
class Study:
    """`matrix` has a row for each of the history's; `older` are those decided before the window, by other people than
    the window's; `scorecard` are the log-odds of the agreement's points."""

    history: History
    features: Sequence[Feature]
    matrix: pd.DataFrame
    scorecard: Array
    window: JudgingWindow
    older: Places


def made_study(
    history: History, features: Sequence[Feature], matrix: pd.DataFrame, scorecard: Array, window: JudgingWindow
) -> Study:
    return Study(history, features, matrix, scorecard, window, older_rows(history, window))


def older_rows(history: History, window: JudgingWindow) -> Places:
    """Those decided before the window, by other people than the window's."""
    before = history.decided_at < window.began
    others = ~np.isin(history.person, history.person[window.rows])
    return np.flatnonzero(before & others)


def with_action(study: Study) -> bool:
    return any(feature.field == ACTION for feature in study.features)


def taught(study: Study) -> Places:
    """The leads that a model may learn from at the end: without the route among its inputs, none that was nurtured."""
    everyone = np.arange(len(study.history))
    return everyone if with_action(study) else everyone[study.history.action != 0]


def without_action(study: Study) -> Study:
    """The same leads for a model that learns what comes of follow-up alone, as it did before."""
    features = [feature for feature in study.features if feature.field != ACTION]
    older = study.older[study.history.action[study.older] != 0]
    return replace(study, features=features, older=older)


def curve_at(history: History, moment: float) -> DelayCurve:
    """How long it takes until a conversion is known, as it was known then."""
    known = known_at(history, moment)
    there = known.age >= 0
    converted = known.y[there] > 0
    days = np.where(converted, _told(history, np.flatnonzero(there)), known.age[there])
    return delay_curve(days, converted, history.horizon)


def _told(history: History, rows: Places) -> Array:
    """Days from the decision until its conversion was told, at most the horizon: labels wait for that as well."""
    return np.minimum(history.known_after[rows], history.horizon)


def facts_at(history: History, rows: Places, moment: float) -> Facts:
    """Below the horizon no lead is plainly a negative: after the latest conversion that was seen, one more may come."""
    known = known_at(history, moment)
    age, most = known.age[rows], 1 - 1 / (2 + known.y.sum())
    seen = curve_at(history, moment).at(age)
    maturity = np.where(age < history.horizon, np.minimum(seen, most), seen)
    return Facts(known.y[rows], maturity, history.weight[rows])


def base_log_odds(study: Study) -> float:
    """The same for all: what was known of the older leads when the window began."""
    facts = facts_at(study.history, study.older, study.window.began)
    return logit(smoothed_rate(facts.y, facts.maturity))


def stages_of(study: Study) -> tuple[list[Stage], Places]:
    """Of each split that can tell, and the rows that they judge by what was known when the study's window began."""
    history, stages, judged = study.history, list[Stage](), list[Places]()
    for split in telling_splits(history, study.older):
        facts = facts_at(history, split.fit, history.decided_at[split.judge[0]])
        told = facts_at(history, split.judge, study.window.began)
        stages.append(make_stage(study.features, study.matrix, split, facts, told, True, history.person))
        judged.append(split.judge)
    return stages, np.concatenate([np.empty(0, dtype=np.intp), *judged])


def telling_splits(history: History, older: Places) -> Iterator[Split]:
    """Forward in time among the older rows: each fits on what was known when the first lead that it judges came. One
    where no lead had been followed to the horizon by then, or that knew one class only, is left out."""
    for split in forward_splits(len(older), history.person[older]):
        fit, judge = older[split.fit], older[split.judge]
        moment = history.decided_at[judge[0]]
        y = known_at(history, moment).y[fit]
        if curve_at(history, moment).whole and 0 < y.sum() < len(y):
            yield Split(fit, judge)


def fitted(study: Study, recipe: Recipe, rows: Places, moment: float) -> Blend:
    """On these rows as they were known then, moved by the recent intercept where that would have helped."""
    facts = facts_at(study.history, rows, moment)
    matrix = study.matrix.iloc[rows]
    blend = fit_recipe(
        study.features, matrix, facts.y, recipe, facts.maturity, facts.weight, study.history.person[rows]
    )
    said = out_of_fold(blend, Rows(blend.encoder.table(matrix), facts.y, facts.weight, facts.maturity), recipe)
    return replace(blend, shift=blend.shift + _intercept(study, said, rows, moment))


def _intercept(study: Study, log_odds: Array, rows: Places, moment: float) -> float:
    """None where recent leads were handled otherwise than those before and the model does not know it: what a call
    adds would pass for a rate that moved."""
    history = study.history
    if not with_action(study) and len(np.unique(history.action[rows])) > 1:
        return 0.0
    known = known_at(history, moment)
    age, delay = moment - history.decided_at[rows], np.where(known.y[rows] > 0, _told(history, rows), np.nan)
    whole = history.followed[rows] >= np.minimum(age, history.horizon)
    return drift_intercept(Past(log_odds, age, delay).where(whole), curve_at(history, moment)).shift
