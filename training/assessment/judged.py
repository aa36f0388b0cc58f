"""What was promised of some leads, held against what happened, as far as their age shows it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.encoder import Array
from models.interval import wilson
from models.ladder import chain_ladder
from models.scorer import sigmoids
from training.retraining.history import History, first_of_leads, known_at, mature

SURE = 0.05
"""One interval in twenty misses."""
LEAST_SHOWN = 10.0
"""Leads, young ones in part, below which a promise is not called wrong."""


@dataclass(frozen=True)
class Judged:
    """One row a lead: its place in the history, the probability it was promised, whether it converted so far, and
    F(age), the share of conversions that shows by its age. `by` says who promised."""

    by: str
    rows: NDArray[np.intp]
    probability: Array
    seen: Array
    maturity: Array

    def __len__(self) -> int:
        return len(self.rows)

    def where(self, chosen: NDArray[np.bool_]) -> Judged:
        parts = (self.rows[chosen], self.probability[chosen], self.seen[chosen], self.maturity[chosen])
        return Judged(self.by, *parts)

    @property
    def mature(self) -> Judged:
        return self.where(self.maturity >= 1.0)


@dataclass(frozen=True, slots=True)
class Rate:
    """`promised` is the mean probability, in which young leads weigh as much as their age shows; `rate`, with its 95 %
    interval from `low` to `high`, the share that converts in the end. `shown` is the sum of F(age): as many mature
    leads would tell as much. `young` may still convert."""

    leads: int
    young: int
    shown: float
    promised: float
    seen: int
    rate: float
    low: float
    high: float

    @property
    def promised_by_now(self) -> float:
        return self.promised * self.shown if self.shown else 0.0

    @property
    def off(self) -> bool | None:
        """Whether the promise lies outside the interval; None where too little is known."""
        if self.shown < LEAST_SHOWN:
            return None
        return not self.low <= self.promised <= self.high

    @property
    def misses(self) -> float | None:
        """By how much the promise was too high (above 0) or too low, as a share of what came."""
        return self.promised_by_now / self.seen - 1 if self.seen else None


def rate_of(judged: Judged, looks: int = 1) -> Rate:
    """`looks` is at how many groups somebody looks at once: the intervals miss in any of them one time in twenty."""
    leads, shown, seen = len(judged), float(judged.maturity.sum()), float(judged.seen.sum())
    if not shown:
        return Rate(leads, leads, 0.0, math.nan, int(seen), math.nan, 0.0, 1.0)
    low, high = wilson(seen, leads, looks)
    part = shown / leads
    promised = float(judged.probability @ judged.maturity) / shown
    young = int((judged.maturity < 1).sum())
    return Rate(leads, young, shown, promised, int(seen), min(1.0, seen / shown), low / part, min(1.0, high / part))


def maturity_of(history: History, rows: NDArray[np.intp]) -> Array:
    """F(age) of the rows, from how late the conversions so far came; 1 from the horizon on."""
    known = known_at(history, history.until)
    every = first_of_leads(history, np.arange(len(history)))
    won = every[known.y[every] > 0]
    ages = history.until - history.decided_at
    curve = chain_ladder(history.known_after[won], ages[won], history.horizon).curve
    shown = np.clip(curve.at(known.age[rows]), 0.0, 1.0)
    return np.asarray(np.where(mature(history)[rows], 1.0, np.minimum(shown, 1 - 1e-9)), dtype=np.float64)


def as_recorded(history: History) -> Judged:
    """All leads that were scored when they came, by the probability that they got then."""
    recorded = history.recorded
    given = np.full(len(history), np.nan) if recorded is None else recorded.probability
    rows = first_of_leads(history, np.flatnonzero(~np.isnan(given)))
    return _judged("the scores of then", history, rows, given[rows])


def as_tried(history: History, rows: NDArray[np.intp], by: str, log_odds: Array) -> Judged:
    """Leads new to the model that is judged; `rows` stand oldest first."""
    kept = first_of_leads(history, rows)
    return _judged(by, history, kept, sigmoids(log_odds[np.isin(rows, kept)]))


def _judged(by: str, history: History, rows: NDArray[np.intp], probability: Array) -> Judged:
    return Judged(by, rows, probability, known_at(history, history.until).y[rows], maturity_of(history, rows))
