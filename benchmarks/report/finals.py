"""Leads of a month, too young to judge: how often what came in the end lies in the interval that was expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from benchmarks.report.months import CALM, DAYS, LEADS, SPAM, Lives, gain, lived, promised, real, waits
from benchmarks.report.seen import Seen
from benchmarks.report.target import Target
from models.ladder import Expected
from training.company.drawn import draw_leads
from training.company.world import World, stream

AGES = (20.0, 45.0, 75.0)
"""Days since the middle one of the month's leads arrived, when the report is drawn."""
MONTHS = 6
LEAST = 0.9


class Company(NamedTuple):
    """`spread` of the logarithm of delays. The last month, which is the one to be foretold, may be `worse` than all
    before it, in log-odds."""

    name: str
    spread: float
    leads: float = LEADS
    worse: float = 0.0


COMPANIES = (
    Company("usual delays", 0.9),
    Company("heavy tail", 1.65),
    Company("few leads", 0.9, leads=150),
    Company("few leads, heavy tail", 1.65, leads=150),
    Company("a bad month", 0.9, worse=0.6),
    Company("a bad month, heavy tail", 1.65, worse=0.6),
)


class Foretold(NamedTuple):
    expected: Expected
    final: int

    @property
    def covered(self) -> bool:
        return self.expected.low <= self.final <= self.expected.high

    @property
    def width(self) -> float:
        """Of the interval, by what was expected."""
        return (self.expected.high - self.expected.low) / self.expected.conversions

    @property
    def error(self) -> float:
        return (self.expected.conversions - self.final) / self.final


def foretold(company: Company, seed: int) -> dict[float, Foretold]:
    """The newest month, by its age. The odds of all leads wander and have their season as in the reference company."""
    leads = wandering(company, seed)
    chance = stream(seed, 21)
    everyone = lived(
        World(delay_spread=company.spread), leads, gain(leads, promised(leads)), waits(CALM, len(leads), chance), chance
    )
    months = [_between(everyone, k * DAYS, (k + 1) * DAYS) for k in range(MONTHS)]
    middle = (MONTHS - 0.5) * DAYS
    return {age: Foretold(Seen(months, middle + age).expected(months[-1]), months[-1].final) for age in AGES}


def wandering(company: Company, seed: int) -> pd.DataFrame:
    usual, number = World(delay_spread=company.spread), round(company.leads * MONTHS / (1 - SPAM))
    as_ever = real(draw_leads(usual, number, MONTHS * DAYS, seed))
    if not company.worse:
        return as_ever
    bad = real(draw_leads(replace(usual, base=usual.base - company.worse), number, MONTHS * DAYS, seed))
    return as_ever.where(as_ever["_t"] < (MONTHS - 1) * DAYS, bad)


def _between(lives: Lives, begun: float, ended: float) -> Lives:
    within = (lives.arrived >= begun) & (lives.arrived < ended)
    return Lives(lives.arrived[within], lives.converts_at[within])


def played(seeds: int, first: int) -> tuple[dict[str, Any], list[Target]]:
    figures, targets = [], []
    for company in COMPANIES:
        found = [foretold(company, seed) for seed in range(first, first + seeds)]
        for age in AGES:
            of_age = [one[age] for one in found]
            figures.append({"company": company.name, "age": age, **summed_up(of_age)})
            covered, what = (
                sum(one.covered for one in of_age),
                f"{company.name}, {age:g} days: the interval holds the truth",
            )
            targets.append(Target(what, covered, seeds, LEAST))
    return {"months": figures}, targets


def summed_up(found: Sequence[Foretold]) -> dict[str, Any]:
    return {
        "final": round(float(np.mean([one.final for one in found])), 1),
        "covered": sum(one.covered for one in found),
        "width": round(float(np.mean([one.width for one in found])), 3),
        "error": round(float(np.mean([one.error for one in found])), 4),
    }
