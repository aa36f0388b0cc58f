"""Months of the simulated company: what scores say of its leads, how soon sales called, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from leads.sections import Decay
from serving.report.shortfall import Handled, remaining_of_calls
from training.company.drawn import draw_leads, responsive, shown, sigmoid
from training.company.outcomes import delays
from training.company.world import SOURCES, Flags, Floats, World, remaining_effect, stream

DAYS = 30.0
LEADS = 900
CALLED = 0.6
"""The share of leads that sales owes a call: those that it changes most, by the scores."""
PROMISED_MINUTES = 60.0
SPAM = 0.107
"""About; what is left of the leads drawn is what was promised, on average."""
STEADY = World(weekly_drift=0.0, season=0.0)
POOR_SOURCES = {"organic": 0.08, "paid_search": 0.05, "social": 0.45, "referral": 0.01, "direct": 0.02, "email": 0.02,
                "display": 0.33, "partner": 0.04}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """Of a month. `leads` against what was promised; `wait` in minutes is the median, over all but the `never`."""

    name: str
    world: World
    leads: float = 1.0
    wait: float = 45.0
    wait_spread: float = 0.8
    never: float = 0.02


@dataclass(frozen=True)
class Scores:
    """Weights of what can be seen of a lead (1, what adds to the log-odds, what a call moves) without and with a call;
    `from_benefit` is the least gain by a call that is worth one."""

    nurtured: Floats
    called: Floats
    from_benefit: float


class Promised(NamedTuple):
    """By the scores: what marketing converts alone, what a call as promised adds, and to whom it is owed."""

    nurtured: Floats
    added: Floats
    owed: Flags

    @property
    def probabilities(self) -> Floats:
        return self.nurtured + self.added


class Lives(NamedTuple):
    """One element a lead: days of the company's calendar on which it arrived and converts (inf: never)."""

    arrived: Floats
    converts_at: Floats

    @property
    def final(self) -> int:
        return int(np.isfinite(self.converts_at).sum())


@dataclass(frozen=True)
class Month:
    """`lost` is what late calls truly cost, in expected conversions."""

    kind: Kind
    lives: Lives
    handled: Handled
    lost: float


def with_shares(shares: dict[str, float]) -> World:
    return replace(STEADY, sources=tuple(replace(source, share=shares[source.name]) for source in SOURCES))


CALM = Kind("calm", STEADY)
POOR_MIX = Kind("bad leads, by their sources", with_shares(POOR_SOURCES))
POOR_HIDDEN = Kind("bad leads, unseen by the scores", replace(STEADY, base=STEADY.base - 0.6))
SLOW = Kind("slow sales", STEADY, wait=3 * 1440.0, wait_spread=1.0, never=0.4)
FEW = Kind("few leads", STEADY, leads=0.6)


@cache
def scores(seed: int = 9) -> Scores:
    """What a good model would have learned of a long calm past: logistic in what can be seen, true on average."""
    leads = real(draw_leads(STEADY, 60_000, 364.0, seed))
    facts = visible(leads)
    nurtured, called = (fitted(facts, leads[truth].to_numpy(float)) for truth in ("_p0", "_p1"))
    benefit = sigmoid(facts @ called) - sigmoid(facts @ nurtured)
    return Scores(nurtured, called, float(np.quantile(benefit, 1 - CALLED)))


@cache
def needed_rate() -> float:
    """What a lead of the calm past truly brings on average when sales calls as promised."""
    leads = real(draw_leads(STEADY, 250_000, 364.0, 10))
    called = gain(leads, promised(leads))
    return float((leads["_p0"] + called * remaining_effect(PROMISED_MINUTES)).mean())


def real(leads: pd.DataFrame) -> pd.DataFrame:
    return leads[~leads["_spam"]].reset_index(drop=True)


def visible(leads: pd.DataFrame) -> Floats:
    nothing_shifted = np.zeros(len(leads), dtype=bool)
    return np.column_stack([np.ones(len(leads)), shown(STEADY, leads, nothing_shifted), responsive(leads)])


def fitted(facts: Floats, chances: Floats) -> Floats:
    """Newton's method for the logistic likelihood; the sum of its predictions is that of the chances."""
    weights = np.zeros(facts.shape[1])
    for _ in range(12):
        said = sigmoid(facts @ weights)
        curvature = facts.T @ (facts * (said * (1 - said))[:, None])
        weights = weights + np.linalg.solve(curvature, facts.T @ (chances - said))
    return weights


def promised(leads: pd.DataFrame) -> Promised:
    known, facts = scores(), visible(leads)
    nurtured = sigmoid(facts @ known.nurtured)
    benefit = sigmoid(facts @ known.called) - nurtured
    owed = benefit >= known.from_benefit
    return Promised(nurtured, np.where(owed, benefit * remaining_effect(PROMISED_MINUTES), 0.0), owed)


def gain(leads: pd.DataFrame, by_scores: Promised) -> Floats:
    """What a call at once truly adds, to those whom sales owes one."""
    return np.where(by_scores.owed, leads["_p1"] - leads["_p0"], 0.0)


def month(kind: Kind, begins: float, seed: int, effects_known: bool = True) -> Month:
    """Of 30 days from the day `begins`; with the number of leads, who they are, the waits and the outcomes by lot.
    Scores that do not know what a call adds take all of a called lead's probability for it."""
    chance = stream(seed, 20)
    number = chance.poisson(LEADS * kind.leads / (1 - SPAM))
    leads = real(draw_leads(kind.world, int(number), DAYS, seed))
    minutes = waits(kind, len(leads), chance)
    by_scores = promised(leads)
    called = gain(leads, by_scores)
    lives = lived(kind.world, leads, called, minutes, chance)
    effects = by_scores.added if effects_known else np.where(by_scores.owed, by_scores.probabilities, 0.0)
    kept = remaining_of_calls(np.full(len(leads), PROMISED_MINUTES), minutes, Decay())
    handled = Handled(by_scores.probabilities, effects, np.where(by_scores.owed, kept, 1.0))
    lost = float((called * (remaining_effect(PROMISED_MINUTES) - left(minutes))).sum())
    return Month(kind, Lives(begins + lives.arrived, begins + lives.converts_at), handled, lost)


def lived(world: World, leads: pd.DataFrame, called: Floats, minutes: Floats, chance: np.random.Generator) -> Lives:
    """What comes of leads, to whom a call at once adds `called`, when they are called after so many minutes."""
    arrived = leads["_t"].to_numpy(float)
    converts = chance.random(len(leads)) < leads["_p0"] + called * left(minutes)
    delay = delays(world, leads, called != 0, chance)
    return Lives(arrived, np.where(converts, arrived + delay, np.inf))


def left(minutes: Floats) -> Floats:
    return np.where(np.isinf(minutes), 0.0, remaining_effect(minutes))


def waits(kind: Kind, leads: int, chance: np.random.Generator) -> Floats:
    minutes = np.exp(chance.normal(np.log(kind.wait), kind.wait_spread, leads))
    return np.where(chance.random(leads) < kind.never, np.inf, minutes)
