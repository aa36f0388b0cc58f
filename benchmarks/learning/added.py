"""What one model that has the route among its inputs knows of what a call adds: 10,000 leads that a coin sent to sales
or to marketing teach it, and it ranks 40,000 others. Judged by what calling its first fifth would add."""

from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.learning.company import HORIZON, columns_of
from benchmarks.learning.funnel import Funnel, Places, funnel
from benchmarks.learning.loop import LEADS_A_WEEK, WORLDS, Lesson, with_the_route
from benchmarks.policy.interval import interval
from benchmarks.policy.target import Target
from models.encoder import Array
from models.scorer import sigmoids
from training.company.outcomes import gained_value, oracle_routing
from training.company.world import World

TEACHING_WEEKS, JUDGED_WEEKS = 25, 100
TOP = 0.2
WHOLE, ON_THE_DAY = "each outcome known", "as known on the last day"
BY_PROBABILITY, BY_ADDED = "probability under follow-up × value", "what a call adds × value"
Shares = dict[str, float]


def played(seeds: int, first: int) -> tuple[dict[str, Any], list[Target]]:
    found = {name: [company(world, seed) for seed in range(first, first + seeds)] for name, world in WORLDS.items()}
    facts = {
        name: {rule: interval([one[rule] for one in each]).facts for rule in each[0]} for name, each in found.items()
    }
    sizes = {"leads": TEACHING_WEEKS * LEADS_A_WEEK, "judged": JUDGED_WEEKS * LEADS_A_WEEK, "top": TOP}
    return {"sizes": sizes, "worlds": facts}, [_target(name, each) for name, each in found.items()]


def _target(world: str, found: list[Shares]) -> Target:
    shares = interval([one[f"{BY_ADDED}, {WHOLE}"] for one in found])
    return Target(f"share of the best at the top fifth, {world}", shares, above=0.80)


def company(world: World, seed: int) -> Shares:
    """Of each rule, and of each moment at which it learned."""
    place, encoder = funnel(world, TEACHING_WEEKS + JUDGED_WEEKS, LEADS_A_WEEK, seed), columns_of(world)
    X, end = encoder.table(place.leads), 7.0 * TEACHING_WEEKS
    rows, others = place.between(0, end), place.between(end, np.inf)
    lot = place.luck.lot[rows] < 0.5
    place.send(rows, lot, np.full(len(rows), 0.5), np.zeros(len(rows)))
    known = place.history(end)
    moments = {WHOLE: replace(known, until=end + HORIZON), ON_THE_DAY: known}
    lessons = {moment: with_the_route(history, X[rows], encoder) for moment, history in moments.items()}
    return {
        f"{rule}, {moment}": _share(place, others, worth)
        for moment, lesson in lessons.items()
        for rule, worth in _worths(place, X, others, lesson).items()
    }


def _worths(place: Funnel, X: Array, rows: Places, lesson: Lesson) -> dict[str, Array]:
    """What each lead is worth a call, by either rule."""
    if not lesson.action:
        raise ValueError("with a coin for each lead both routes are known")
    value = place.leads["_ev"].to_numpy(float)[rows]
    called, nurtured = (
        sigmoids(lesson.blend.log_odds(np.column_stack([X[rows], np.full(len(rows), route)]))) for route in (1.0, 0.0)
    )
    return {BY_PROBABILITY: called * value, BY_ADDED: (called - nurtured) * value}


def _share(place: Funnel, rows: Places, worth: Array) -> float:
    leads = place.leads.iloc[rows]
    first = np.argsort(-worth, kind="stable")[: round(TOP * len(rows))]
    called = np.isin(np.arange(len(rows)), first)
    return gained_value(leads, called) / gained_value(leads, oracle_routing(leads, TOP))
