"""How well a daily price fills sales' days: simulated weeks with a steady load, and with half as many leads again."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from benchmarks.policy.callers import COMPANY, LEAST_MINUTES, MEAN_MINUTES
from benchmarks.policy.interval import Interval, interval
from benchmarks.policy.target import Target
from leads.ledger.price import DayPrice
from leads.sections import Agreement, Goal, Routing
from models.market import Asked, Market, nudged, settle
from models.policy import Price, Weighed, on_scales, route
from training.company.drawn import draw_leads
from training.company.world import stream

WINDOW, STEADY_WEEKS, SHOCKED_WEEKS, SETTLING_WEEKS = 28, 8, 8, 2
SHOCK = 1.5
WORKING_DAYS = 5
CAPACITY = 1_900.0
"""Minutes a day, the mean of seven days: some 450 leads a week."""
SETTLED = STEADY_WEEKS + SETTLING_WEEKS
FIRST_DAY = COMPANY.start.date()
CLOSING = 17.5 / 24
VALUE, LEAST_CHANCE = 3_000.0, 0.001
AGREEMENT = Agreement(goal=Goal(within_days=120, value=VALUE), routing=Routing(guard_slice=0.02))
SIZES = {
    "window": WINDOW,
    "steady_weeks": STEADY_WEEKS,
    "shock": SHOCK - 1,
    "guard_slice": AGREEMENT.routing.guard_slice,
}


class Case(NamedTuple):
    """`alike`: all leads have one value and take the same minutes, and the scorecard knows a few kinds of them, twice
    the odds apart; no price can call half of a kind."""

    load: float
    alike: bool = False

    @property
    def name(self) -> str:
        return f"load {self.load:g}" + (", few kinds of leads" if self.alike else "")


CASES = (Case(1.2), Case(1.5), Case(4.0), Case(1.5, alike=True), Case(4.0, alike=True))


class Form(NamedTuple):
    """`late`: it comes when sales have closed for the day."""

    weighed: Weighed
    lot: float
    late: bool


Day = Sequence[Form]


class Week(NamedTuple):
    """Minutes routed to sales by their capacity, and how many leads that were."""

    utilisation: float
    leads: int


def weeks(case: Case, seed: int) -> list[Week]:
    """Each week after the window's: at first under the load, then under the load after the shock."""
    routed = list(_routed(_days(case, seed)))
    return [_week(routed[start : start + 7]) for start in range(0, len(routed), 7)]


def _week(days: Sequence[Day]) -> Week:
    return Week(sum(map(_minutes, days)) / (7 * CAPACITY), sum(map(len, days)))


def _minutes(forms: Day) -> float:
    return sum(form.weighed.minutes for form in forms)


def _days(case: Case, seed: int) -> Sequence[Day]:
    """Poisson arrivals, drawn for the time after the shock and thinned out before it."""
    steady, days = WINDOW + 7 * STEADY_WEEKS, WINDOW + 7 * (STEADY_WEEKS + SHOCKED_WEEKS)
    draws = stream(seed, 21)
    number = int(draws.poisson(SHOCK * case.load * CAPACITY / MEAN_MINUTES * days))
    table = draw_leads(COMPANY, number, days, seed)
    table = table[(table["_t"] >= steady) | (draws.random(number) < 1 / SHOCK)]
    found: list[list[Form]] = [[] for _ in range(days)]
    late = (table["hour"] / 24 > CLOSING).tolist()
    lots = draws.random(len(table)).tolist()
    for day, *facts in zip(table["_t"].astype(int).tolist(), _weighed(table, case.alike), lots, late, strict=True):
        found[day].append(Form(*facts))
    return found


def _weighed(table: pd.DataFrame, alike: bool) -> list[Weighed]:
    chance = (table["_p0"] + COMPANY.capacity * (table["_p1"] - table["_p0"])).to_numpy(float)
    value, minutes = table["_ev"].to_numpy(float), np.maximum(table["_minutes"].to_numpy(float), LEAST_MINUTES)
    if alike:
        kind = np.round(np.log2(np.maximum(chance, LEAST_CHANCE) / (1 - chance)))
        chance, value, minutes = 1 / (1 + 2**-kind), np.full(len(kind), VALUE), np.full(len(kind), MEAN_MINUTES)
    facts = zip(chance.tolist(), value.tolist(), minutes.tolist(), strict=True)
    return [on_scales(probability, None, worth, taken, 0.0, AGREEMENT) for probability, worth, taken in facts]


def _routed(days: Sequence[Day]) -> Iterator[Day]:
    """What each day's price sends to sales; people begin with an empty queue."""
    queued, before = 0.0, None
    for today in range(WINDOW, len(days)):
        before = _price(days[today - WINDOW : today], queued, before, FIRST_DAY + timedelta(days=today))
        price = Price(today, before.value, before.review_from)
        sent = [form for form in days[today] if route(form.weighed, price, AGREEMENT, form.lot, True).route == "sales"]
        queued = _left(queued, sent, working=today % 7 < WORKING_DAYS)
        yield sent


def _price(window: Sequence[Day], queued: float, before: DayPrice | None, day: date) -> DayPrice:
    asked = [Asked(form.weighed, True) for forms in window for form in forms]
    each = sum(map(len, window[-7:])) / 7 / len(asked)
    settled = settle(Market(asked, each, CAPACITY, nudged(before, day, queued / CAPACITY), AGREEMENT))
    return DayPrice(
        day=day,
        made_at=datetime(day.year, day.month, day.day, tzinfo=UTC),
        reason="daily",
        bundle=None,
        agreement=1,
        value=settled.value,
        review_from=settled.review_from,
        leads=len(asked),
        demand=settled.demand,
        capacity=CAPACITY,
        queued=queued,
        nudge=settled.nudge,
    )


def _left(queued: float, sent: Day, working: bool) -> float:
    """Minutes that nobody has worked off by midnight."""
    late = _minutes([form for form in sent if form.late])
    work = CAPACITY * 7 / WORKING_DAYS if working else 0.0
    return max(0.0, queued + _minutes(sent) - late - work) + late


Seeds = Sequence[Sequence[Week]]
"""All weeks of each seed."""


def played(seeds: int, first: int) -> tuple[dict[str, Any], list[Target]]:
    found = {case: [weeks(case, seed) for seed in range(first, first + seeds)] for case in CASES}
    return {"sizes": SIZES, "cells": [_facts(case, one) for case, one in found.items()]}, targets(found)


def _facts(case: Case, found: Seeds) -> dict[str, Any]:
    means = {f"mean of 1 to {STEADY_WEEKS}": steady(found), f"mean from {SETTLED + 1} on": settled(found)}
    return {
        "name": case.name,
        "weeks": {_named(number): one.facts for number, one in enumerate(by_week(found))},
        "means": {name: mean.facts for name, mean in means.items()},
        "fewest": fewest(found),
    }


def _named(number: int) -> str:
    return f"{number + 1}" + (", the first with more leads" if number == STEADY_WEEKS else "")


def steady(found: Seeds) -> Interval:
    """Mean over the weeks before the shock, one number a seed."""
    return interval([_mean(one[:STEADY_WEEKS]) for one in found])


def settled(found: Seeds) -> Interval:
    """Mean over the weeks from two weeks after the shock on."""
    return interval([_mean(one[SETTLED:]) for one in found])


def by_week(found: Seeds) -> list[Interval]:
    return [interval([week.utilisation for week in same]) for same in zip(*found, strict=True)]


def fewest(found: Seeds) -> float:
    """Leads routed a week, of the seed that had the fewest."""
    return min(float(np.mean([week.leads for week in one[:STEADY_WEEKS]])) for one in found)


def _mean(some: Sequence[Week]) -> float:
    return float(np.mean([week.utilisation for week in some]))


def targets(found: Mapping[Case, Seeds]) -> list[Target]:
    return [target for case, one in found.items() for target in _targets(case, one)]


def _targets(case: Case, found: Seeds) -> list[Target]:
    """One week of one seed hangs on chance, so a week counts by its mean over the seeds."""
    measured = {
        f"mean of weeks 1 to {STEADY_WEEKS}": steady(found),
        f"week {SETTLED + 1}, two weeks after the shock": by_week(found)[SETTLED],
        f"mean from week {SETTLED + 1} on": settled(found),
    }
    return [Target(f"utilisation, {what}, {case.name}", mean, 0.95, 1.05) for what, mean in measured.items()]
