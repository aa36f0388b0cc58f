"""What a cohort too young to judge will come to: the chain ladder of insurers, for conversions.

Only the delays of leads that did convert tell how conversions come in, each against those that were old enough to show
it; so the curve stays true when one month's leads were better than another's, where Kaplan–Meier takes leads of all
ages to convert at one rate (in simulated quarters with two bad months it was .02 too low at 15 days, this .001).
Lagakos, Barraj and De Gruttola 1988 (right-truncated data); Mack 1993 (chain ladder). Ages and delays are in days.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import log
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.random import default_rng
from numpy.typing import ArrayLike

from models.delay import DelayCurve
from models.encoder import Array


class LogNormal(NamedTuple):
    median: float
    sigma: float
    conversions: float


CELLS = 480
"""Of the horizon: delays and ages are rounded up to them, so that no curve has more steps."""
DRAWS = 1000
"""Of curve, rate and remaining conversions behind an interval."""
USUAL_DELAY = LogNormal(median=15.0, sigma=1.3, conversions=3.0)
"""What is assumed of days that no lead was followed to: between the delays of a quick and of a slow business. Weighs
like so many conversions, so that it soon counts for nothing where there are facts."""
POINTS = 24
VARIATION = 0.5
"""Standard deviation over mean of the rates of cohorts, while few are mature; weighs like THREE of them."""
THREE = 3


@dataclass(frozen=True)
class Ladder:
    """Of the conversions by each of `days` among leads at least that old (`known`), `late` came on that very day."""

    horizon: float
    days: Array
    known: Array
    late: Array
    followed: float

    @property
    def curve(self) -> DelayCurve:
        return DelayCurve(self.horizon, self.days, _shares(self.late / self.known), self.followed)

    @cached_property
    def draws(self) -> Array:
        """Shares, after a 0 for "none yet", of curves that agree with what was seen (Bayesian bootstrap)."""
        earlier = np.maximum(self.known - self.late, 1e-9)
        drawn = _shares(default_rng(0).beta(self.late, earlier, (DRAWS, len(self.days))))
        return np.concatenate([np.zeros((DRAWS, 1)), drawn], axis=1)


@dataclass(frozen=True, slots=True)
class Usual:
    """The rate of mature cohorts, and standard deviation over mean of their rates beyond chance."""

    rate: float
    variation: float


@dataclass(frozen=True, slots=True)
class Expected:
    """Final conversions of a cohort: expected, and where they will be with 95 %; `seen` of them so far, which is
    `share` of those to come by the curve."""

    leads: int
    seen: int
    conversions: float
    low: float
    high: float
    share: float


def chain_ladder(delays: ArrayLike, ages: ArrayLike, horizon: float) -> Ladder:
    """From the converted leads alone: days from decision to conversion, and from decision to now."""
    late = np.asarray(delays, dtype=float)
    within = late <= horizon
    cell = horizon / CELLS
    old = np.clip(np.asarray(ages, dtype=float)[within], late[within], horizon)
    shown = np.concatenate([late[within], _assumed(horizon)])
    weight = np.where(np.arange(len(shown)) < within.sum(), 1.0, USUAL_DELAY.conversions / POINTS)
    days, at = np.unique(_cells(shown, cell), return_inverse=True)
    counts = np.bincount(at, weight).astype(np.float64)
    known = np.cumsum(counts, dtype=np.float64) - np.searchsorted(np.sort(_cells(old, cell)), days)
    return Ladder(horizon, days * cell, known, counts, float(old.max(initial=0.0)))


def _cells(days: Array, cell: float) -> Array:
    return np.maximum(np.ceil(days / cell), 1.0)


def _assumed(horizon: float) -> Array:
    """Delays of the usual curve up to the horizon, each as likely as the next."""
    normal, middle = NormalDist(), log(USUAL_DELAY.median)
    within = normal.cdf((log(horizon) - middle) / USUAL_DELAY.sigma)
    deviations = [normal.inv_cdf(within * (point + 0.5) / POINTS) for point in range(POINTS)]
    return np.exp(middle + USUAL_DELAY.sigma * np.array(deviations))


def _shares(late: Array) -> Array:
    """From the chance of each day, given a conversion by its end, that it came that day: along the last axis."""
    earlier = np.cumprod((1 - late)[..., ::-1], axis=-1)[..., ::-1]
    return np.concatenate([earlier[..., 1:], np.ones_like(late[..., :1])], axis=-1)


def usual_rate(seen: ArrayLike, exposure: ArrayLike) -> Usual:
    """Of cohorts: conversions seen, and leads times the share that their age shows (mature: leads)."""
    conversions, leads = np.asarray(seen, dtype=float), np.asarray(exposure, dtype=float)
    rate = max(conversions.sum(), 0.5) / max(leads.sum(), 1.0)
    awaited = rate * leads
    beyond_chance = ((conversions - awaited) ** 2 - awaited * (1 - rate)).sum()
    cohorts = np.count_nonzero(awaited)
    of_these = cohorts * max(0.0, beyond_chance / (awaited**2).sum()) if cohorts else 0.0
    return Usual(rate, float(np.sqrt((of_these + THREE * VARIATION**2) / (cohorts + THREE))))


def expected_final(ages: ArrayLike, converted: ArrayLike, ladder: Ladder, usual: Usual, seed: int = 0) -> Expected:
    """Of one cohort: each lead's age, and whether it converted so far. Its own rate is what was seen against what its
    age should show, drawn towards the usual rate (a Gamma prior of 1/variation² conversions); the interval holds the
    chance of curve, rate and the conversions still to come."""
    old, done = np.asarray(ages, dtype=float), np.asarray(converted, dtype=bool)
    passed, behind = np.unique(np.searchsorted(ladder.days, old, side="right"), return_inverse=True)
    drawn = ladder.draws[:, passed]
    everyone, still_open = (np.bincount(some, minlength=len(passed)) for some in (behind, behind[~done]))
    chance, seen, prior = default_rng(seed), int(done.sum()), usual.variation**-2
    rate = np.minimum(chance.gamma(seen + prior, size=DRAWS) / (drawn @ everyone + prior / usual.rate), 1.0)[:, None]
    to_come = (rate * (1 - drawn) / np.maximum(1 - rate * drawn, 1e-12)) @ still_open
    most = int(still_open.sum())
    low, high = np.quantile(chance.binomial(most, np.minimum(to_come / max(most, 1), 1.0)), (0.025, 0.975))
    share = float(ladder.curve.at(old).mean()) if len(old) else 1.0
    return Expected(len(old), seen, seen + float(to_come.mean()), seen + float(low), seen + float(high), share)
