"""Leads of the simulated company as a queue of calls sees them: what is known of each, and the truth it earns by."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leads.sections import Decay
from models.policy import remaining
from training.company.drawn import draw_leads
from training.company.world import World, stream

MEAN_MINUTES = 26.0
LEAST_MINUTES = 3.0
WORKING_DAY = 480.0
QUICK_MINUTES = {"demo": 20.0, "pricing": 60.0, "other": 150.0}
"""How fast the effect of a call really fades, by what the person did; the policy knows one curve for all."""
COMPANY = World(align=-0.3)


@dataclass(frozen=True, slots=True)
class Caller:
    """`arrived` and the rest in minutes of working time. Known to a rule: `probability` (as the company's own past
    tells it, in which sales called some), `if_called` (p_sales), `benefit` (p_sales - p_nurture), `value` (expected if
    won), `minutes` (expected). The truth: `gain` of a call at once, in money, `takes` (minutes) and `fades`."""

    number: int
    arrived: float
    probability: float
    if_called: float
    benefit: float
    value: float
    minutes: float
    gain: float
    takes: float
    fades: Decay


def arrivals(load: float, people: int, days: int, seed: int, noise: float = 0.0) -> list[Caller]:
    """Poisson arrivals whose work is `load` times what `people` can do; `noise` is added to what is known of the
    probabilities, in their standard deviations."""
    number = int(stream(seed, 11).poisson(load * people * days * WORKING_DAY / MEAN_MINUTES))
    table = draw_leads(COMPANY, number, days, seed)
    draws = stream(seed, 12)
    minutes = np.maximum(table["_minutes"].to_numpy(float), LEAST_MINUTES)
    takes = minutes * np.exp(draws.normal(0, 0.2, number))
    real = (table["_p1"] - table["_p0"]).to_numpy(float)
    mixed = table["_p0"].to_numpy(float) + COMPANY.capacity * real
    benefit = real + noise * real.std() * draws.normal(0, 1, number)
    probability = np.maximum(mixed + noise * mixed.std() * draws.normal(0, 1, number), 0.0)
    if_called = np.maximum(probability + (1 - COMPANY.capacity) * benefit, 0.0)
    value = table["_ev"].to_numpy(float)
    known = (table["_t"] * WORKING_DAY, probability, if_called, benefit, value, minutes, real * value, takes)
    columns = [np.asarray(column, dtype=float).tolist() for column in known]
    return list(map(Caller, range(number), *columns, _fading(table)))


def _fading(table: pd.DataFrame) -> list[Decay]:
    curves = {name: Decay(quick_minutes=minutes) for name, minutes in QUICK_MINUTES.items()}
    did = np.select([table["demo_requested"], table["pricing_page_seen"]], ["demo", "pricing"], "other")
    return [curves[name] for name in did.tolist()]


def earned(caller: Caller, wait: float) -> float:
    return caller.gain * remaining(wait, caller.fades)


def bound(callers: Sequence[Caller], minutes: float) -> float:
    """What no rule can exceed: the knapsack of calls that nobody waits for, the last one in part."""
    worth = 0.0
    for caller in sorted(callers, key=lambda caller: -caller.gain / caller.takes):
        if caller.gain <= 0 or minutes <= 0:
            break
        worth += caller.gain * min(1.0, minutes / caller.takes)
        minutes -= caller.takes
    return worth
