"""What another rule would earn, by the leads whose route was drawn by lot, against the simulated company's truth.

A tenth of the leads is drawn by lot. The rules and the outcome models are logistic regressions with the route as an
input, which cannot be right about this company: so the outcome model alone must miss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.encoder import Array
from training.company.drawn import draw_leads, sigmoid
from training.company.world import World
from training.gates import sequence
from training.gates.persons import per_person
from training.off_policy import Estimate, Logged, Routes, difference, estimate, folds

LEADS, POOL, LEARNED_FROM = 10_000, 60_000, 8_000
CALLED, SLICE = 0.2, 0.1
UNIT = 3_600.0
WORLD = World(align=-0.3, weekly_drift=0.0, season=0.0)
FOLDS = 2

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Company:
    """Inputs, truth and expected value of many leads, and the two rules."""

    inputs: Array
    if_nurtured: Array
    if_sales: Array
    worth: Array
    champion: Routes
    challenger: Routes

    @property
    def truth(self) -> float:
        gain = (self.if_sales - self.if_nurtured) * self.worth
        return float(np.mean(gain * (self.challenger.astype(float) - self.champion)))


class Reading(NamedTuple):
    """Of one run: whether the interval held the truth, and how far its middle was from it."""

    covered: bool
    error: float


def company(seed: int = 0, world: World = WORLD) -> Company:
    """The champion calls who is likely to buy, the challenger those to whom a call adds most."""
    drawn = draw_leads(world, POOL + LEARNED_FROM, 182, seed)
    inputs, worth = _inputs(drawn), drawn["_ev"].to_numpy(float) / UNIT
    nurtured, called = drawn["_p0"].to_numpy(float), drawn["_p1"].to_numpy(float)
    chance = np.random.default_rng((seed, 2))
    learned = chance.permutation(len(drawn))[:LEARNED_FROM]
    sales = chance.random(LEARNED_FROM) < 0.5
    won = (chance.random(LEARNED_FROM) < np.where(sales, called[learned], nurtured[learned])).astype(float)
    if_nurtured, if_sales = _both(_fitted(inputs[learned], sales, won), inputs)
    likely = (if_nurtured + if_sales) / 2
    added = (if_sales - if_nurtured) * worth
    rest = np.setdiff1d(np.arange(len(drawn)), learned)
    champion, challenger = (scores >= np.quantile(scores, 1 - CALLED) for scores in (likely, added))
    return Company(
        inputs[rest],
        nurtured[rest],
        called[rest],
        worth[rest],
        np.asarray(champion)[rest],
        np.asarray(challenger)[rest],
    )


def played(of: Company, runs: int, first: int = 0) -> dict[str, list[Reading]]:
    """By each estimator: doubly robust, the confidence sequence on its scores, and the outcome model alone."""
    found: dict[str, list[Reading]] = {"doubly robust": [], "at any look": [], "outcome model alone": []}
    for run in range(first, first + runs):
        for name, reading in _read(of, run).items():
            found[name].append(reading)
    return found


def _read(of: Company, run: int) -> dict[str, Reading]:
    rows, logged = _logged(of, run)
    challenger, champion = of.challenger[rows], of.champion[rows]
    scores = difference(logged, challenger, champion)
    moved = challenger.astype(float) - champion
    alone = (logged.if_sales - logged.if_nurtured) * moved
    values = per_person(scores, logged.person).values
    low, high = (bound(values) for bound in (sequence.lower_bound, sequence.upper_bound))
    return {
        "doubly robust": _reading(of.truth, estimate(scores, logged.person)),
        "at any look": Reading(low <= of.truth <= high, float(values.mean()) - of.truth),
        "outcome model alone": _reading(of.truth, estimate(alone, logged.person)),
    }


def _reading(truth: float, found: Estimate) -> Reading:
    return Reading(found.low <= truth <= found.high, found.mean - truth)


def _logged(of: Company, run: int) -> tuple[Rows, Logged]:
    """Leads drawn from the pool, routed by the champion but for the slice, with outcome models of other people's."""
    chance = np.random.default_rng((20261122, run))
    rows = chance.integers(0, len(of.worth), LEADS)
    champion = of.champion[rows]
    by_lot = chance.random(LEADS) < SLICE
    sales = np.where(by_lot, chance.random(LEADS) < 0.5, champion)
    propensity = np.where(sales == champion, 1 - SLICE / 2, SLICE / 2)
    won = (chance.random(LEADS) < np.where(sales, of.if_sales[rows], of.if_nurtured[rows])).astype(float)
    if_nurtured, if_sales = _crossed(of.inputs[rows], sales, won, folds(rows, FOLDS, run))
    worth = of.worth[rows]
    return rows, Logged(sales, propensity, won * worth, if_sales * worth, if_nurtured * worth, rows)


def _crossed(inputs: Array, sales: Routes, won: Array, fold: Rows) -> tuple[Array, Array]:
    if_nurtured, if_sales = np.empty(len(won)), np.empty(len(won))
    for left_out in range(FOLDS):
        rest, out = fold != left_out, fold == left_out
        if_nurtured[out], if_sales[out] = _both(_fitted(inputs[rest], sales[rest], won[rest]), inputs[out])
    return if_nurtured, if_sales


def _inputs(drawn: pd.DataFrame) -> Array:
    levels = pd.get_dummies(drawn[["source", "industry"]], drop_first=True, dtype=float)
    flags = drawn[["demo_requested", "pricing_page_seen", "free_mail"]].astype(float)
    numbers = drawn[["size", "seniority", "touches"]].astype(float)
    pages = np.log1p(drawn["pages_viewed"].to_numpy(float))
    table = np.column_stack([levels, flags, numbers, pages])
    return np.asarray((table - table.mean(axis=0)) / table.std(axis=0))


def _with_route(inputs: Array, sales: Array) -> Array:
    return np.column_stack([np.ones(len(inputs)), inputs, sales, inputs * sales[:, None]])


def _fitted(inputs: Array, sales: Routes, won: Array, steps: int = 4, penalty: float = 20.0) -> Array:
    """Logistic regression by Newton's steps, with a ridge on all but the base."""
    X = _with_route(inputs, sales.astype(float))
    ridge = np.full(X.shape[1], penalty)
    ridge[0] = 0.0
    weights = np.zeros(X.shape[1])
    weights[0] = np.log(won.mean() / (1 - won.mean()))
    for _ in range(steps):
        p = sigmoid(X @ weights)
        curvature = (X.T * (p * (1 - p))) @ X + np.diag(ridge)
        weights = weights + np.linalg.solve(curvature, X.T @ (won - p) - ridge * weights)
    return weights


def _both(weights: Array, inputs: Array) -> tuple[Array, Array]:
    """The probabilities if nurtured and if sales calls."""
    nurtured, called = (sigmoid(_with_route(inputs, np.full(len(inputs), route)) @ weights) for route in (0.0, 1.0))
    return nurtured, called
