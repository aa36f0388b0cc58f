"""What a model says of the weeks that follow, by what it took young leads for."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from benchmarks.learning.company import HORIZON, History, Next
from models.blend import Blend
from models.boosting import Rows, TreesRecipe
from models.delay import delay_curve
from models.drift import Intercept, Past, drift_intercept
from models.encoder import Array
from models.likelihood import losses
from models.logistic import LogisticRecipe
from models.scorer import sigmoids
from training.out_of_fold import out_of_fold
from training.recipe import Recipe, fit_blend

RECIPE = Recipe(LogisticRecipe(), TreesRecipe())

WAITING = "labels that wait"
FUTURE = "labels from the future"
NEGATIVES = "young leads as negatives"
LEFT_OUT = "young leads left out"
INTERCEPT = "labels that wait, with the recent intercept"
KEPT = "the recent intercept, kept only where it paid last month"


class Told(NamedTuple):
    """`excess` log loss over that of the true probabilities, in thousandths of a nat; `ratio` of the mean probability
    said to the true one."""

    excess: float
    ratio: float


def told(log_odds: Array, leads: Next) -> Told:
    p = np.clip(leads.p, 1e-12, 1 - 1e-12)
    least = -p * np.log(p) - (1 - p) * np.log1p(-p)
    excess = float((losses(p, log_odds) - least).mean())
    return Told(1000 * excess, float(sigmoids(log_odds).mean() / p.mean()))


def by_labels(history: History) -> dict[str, Told]:
    """Every way to take young leads."""
    mature = history.age >= HORIZON
    known = replace(history, X=history.X[mature], age=history.age[mature], delay=history.delay[mature])
    fitted = {
        WAITING: fitted_waiting(history),
        FUTURE: _fitted(history, history.final),
        NEGATIVES: _fitted(history, history.seen),
        LEFT_OUT: _fitted(known, known.final),
    }
    return {name: told(blend.log_odds(history.next.X), history.next) for name, blend in fitted.items()}


def with_intercept(history: History) -> tuple[dict[str, Told], Intercept]:
    blend = fitted_waiting(history)
    curve = delay_curve(history.followed, history.seen, HORIZON)
    unseen = out_of_fold(blend, Rows(history.X, history.seen, maturity=curve.at(history.age)), RECIPE)
    delay = np.where(history.seen > 0, history.delay, np.nan)
    intercept = drift_intercept(Past(unseen, history.age, delay), curve)
    said = blend.log_odds(history.next.X)
    shifts = {WAITING: 0.0, INTERCEPT: intercept.found, KEPT: intercept.shift}
    return {name: told(said + shift, history.next) for name, shift in shifts.items()}, intercept


def fitted_waiting(history: History) -> Blend:
    curve = delay_curve(history.followed, history.seen, HORIZON)
    return _fitted(history, history.seen, curve.at(history.age))


def _fitted(history: History, y: Array, maturity: Array | None = None) -> Blend:
    return fit_blend(history.encoder, Rows(history.X, y, maturity=maturity), RECIPE)
