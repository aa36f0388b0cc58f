"""What another rule would have earned, told from leads whose route was drawn by lot.

Doubly robust: the outcome model's guess, corrected where the lot took the very route in question. True if either the
propensities or the outcome model is, and the propensities are, since the lot is ours. The outcome model alone, or
weights that are cut off, would be narrower and wrong; they must not decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.encoder import Array
from training.gates.persons import People, per_person

RANGE = (0.005, 0.995)
"""Of propensities from which something can be learned."""

Routes = NDArray[np.bool_]
"""Whether to sales, lead by lead; otherwise to nurture."""


@dataclass(frozen=True)
class Logged:
    """Leads that a lot could have sent to either route: not those held for a look, nor those that somebody had already.
    `sales` is the route meant for them, whatever people then did; `propensity` that of this route. `earned` is the
    expected value where the lead converted, else 0: the deal's own value would drown everything. `if_sales` and
    `if_nurtured` are what an outcome model expects to earn, fitted on other people's leads (`folds`)."""

    sales: Routes
    propensity: Array
    earned: Array
    if_sales: Array
    if_nurtured: Array
    person: People

    def __post_init__(self) -> None:
        low, high = RANGE
        if not ((self.propensity >= low) & (self.propensity <= high)).all():
            raise ValueError(f"propensities must lie in {low:g} to {high:g}; leave out leads without a lot")


class Estimate(NamedTuple):
    """With the 95 % interval of one look."""

    mean: float
    standard_error: float
    low: float
    high: float


def worth(logged: Logged, rule: Routes) -> Array:
    """Doubly robust scores, one a lead: their mean estimates what a lead would earn under the rule."""
    taken = np.where(logged.sales, logged.if_sales, logged.if_nurtured)
    weight = (rule == logged.sales) / logged.propensity
    return np.asarray(np.where(rule, logged.if_sales, logged.if_nurtured) + weight * (logged.earned - taken))


def difference(logged: Logged, challenger: Routes, champion: Routes) -> Array:
    """What the challenger's rule would earn above the champion's on the same leads; 0 where both agree."""
    return worth(logged, challenger) - worth(logged, champion)


def estimate(scores: Array, person: People) -> Estimate:
    of = per_person(scores, person)
    half = 1.96 * of.standard_error
    return Estimate(of.mean, of.standard_error, of.mean - half, of.mean + half)


def folds(person: People, count: int, seed: int) -> NDArray[np.int64]:
    """A fold for each lead; those of one person share theirs."""
    known = np.where(person < 0, -1 - np.arange(len(person)), person)
    _, of = np.unique(known, return_inverse=True)
    dealt = np.random.default_rng(seed).permutation(of.max(initial=-1) + 1) % count
    return np.asarray(dealt[of], dtype=np.int64)
