"""The recent intercept: how far the newest leads convert more or less often than the model expects of them.

Between two trainings and within one, a base rate moves. One number added to all log-odds follows it, as far as the
leads of the last weeks bear it out, and only where the same, found a month ago, foresaw that month's leads better."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.delay import DelayCurve
from models.encoder import Array
from models.likelihood import losses

RECENT_DAYS = 42
MONTH_DAYS = 30
SPREAD = 0.5
"""Standard deviation of the intercept before any lead has been seen (normal, mean 0), in log-odds."""
FARTHEST = 3.0


@dataclass(frozen=True)
class Past:
    """Past leads as they are known today: log-odds of a model that has not seen them, days since they arrived, and days
    from arrival to conversion, NaN of those who have not converted."""

    log_odds: Array
    age: Array
    delay: Array

    def days_ago(self, days: float) -> Past:
        """The same as it was known then."""
        there = self.age >= days
        age, delay = self.age[there] - days, self.delay[there]
        return Past(self.log_odds[there], age, np.where(delay <= age, delay, np.nan))

    def where(self, chosen: NDArray[np.bool_]) -> Past:
        return Past(self.log_odds[chosen], self.age[chosen], self.delay[chosen])

    def converted(self, horizon: float) -> Array:
        return (self.delay <= horizon).astype(np.float64)


@dataclass(frozen=True)
class Intercept:
    """`found` is the intercept of today, and `earlier` that of a month ago. On the `judged` leads that came since,
    `earlier` lowered log loss (labels that wait) by `gain` nats a lead."""

    found: float
    earlier: float
    gain: float
    judged: int

    @property
    def kept(self) -> bool:
        return self.gain > 0

    @property
    def shift(self) -> float:
        """What is added to the log-odds."""
        return self.found if self.kept else 0.0


def drift_intercept(past: Past, curve: DelayCurve) -> Intercept:
    found = recent_intercept(past, curve)
    earlier = recent_intercept(past.days_ago(MONTH_DAYS), curve)
    month = past.where(past.age < MONTH_DAYS)
    if not len(month.age):
        return Intercept(found, earlier, 0.0, 0)
    without, with_it = (_losses(month, curve, intercept) for intercept in (0.0, earlier))
    return Intercept(found, earlier, float((without - with_it).mean()), len(month.age))


def recent_intercept(past: Past, curve: DelayCurve) -> float:
    """The likeliest one (labels that wait), given the leads of the last weeks and that most intercepts are small."""
    from scipy.optimize import minimize_scalar

    recent = past.where(past.age <= RECENT_DAYS)

    def unlikeliness(intercept: float) -> float:
        return float(_losses(recent, curve, intercept).sum() + (intercept / SPREAD) ** 2 / 2)

    return float(minimize_scalar(unlikeliness, bounds=(-FARTHEST, FARTHEST), method="bounded").x)


def _losses(past: Past, curve: DelayCurve, intercept: float) -> Array:
    return losses(past.converted(curve.horizon), past.log_odds + intercept, curve.at(past.age))
