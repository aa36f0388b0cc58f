"""A company whose model learns from what its own choices brought: people choose for 16 weeks, then for 40 a model does
that is fitted again every few weeks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.learning.company import HORIZON, columns_of
from benchmarks.learning.funnel import Funnel, Places, funnel
from benchmarks.learning.routing import MINUTES, WINDOW_DAYS, Chances, agreed, price_of, routed
from benchmarks.policy.interval import Interval, interval
from benchmarks.policy.target import Target
from models.blend import Blend
from models.boosting import Rows, TreesRecipe
from models.encoder import Array, Encoder, NumberColumn
from models.logistic import LogisticRecipe
from models.scorer import sigmoids
from training.company.world import World
from training.overlap import rows_to_learn_from
from training.recipe import Recipe, fit_blend
from training.retraining.history import History, known_at
from training.retraining.study import curve_at, facts_at

PEOPLE_WEEKS, POLICY_WEEKS, JUDGED_WEEKS = 16, 40, 24
LEADS_A_WEEK = 400
GUARD_SLICE = 0.02
TREES = TreesRecipe(rounds=70, learning_rate=0.06, min_data_in_leaf=60, lambda_l2=20.0)
RECIPE = Recipe(LogisticRecipe(), TREES)
WORLDS = {"aligned": World(), "sure-things": World(align=-0.6)}

MARKET = "probability, young leads as negatives"
BY_VALUE = "probability × value, labels that wait"
ADDED = "what a call adds × value, labels that wait"
"""The rules. The first is what is sold; the second is Accord's until a model knows both routes, the third from then
on."""


class Lesson(NamedTuple):
    """`plain` counts the young leads that were taught as negatives although later conversions were known, `beyond`
    those older than any conversion that was."""

    blend: Blend
    action: bool
    plain: int
    beyond: int


Fit = Callable[[History, Array, Encoder], Lesson]


@dataclass(frozen=True)
class Rule:
    name: str
    fit: Fit
    guard_slice: float
    by_value: bool


class Played(NamedTuple):
    """Of one company under one rule. `share` of the best in the last weeks, `used` of the leads that went to sales."""

    share: float
    used: float
    plain: int
    beyond: int
    young: int
    with_action: int


def as_negatives(history: History, X: Array, encoder: Encoder) -> Lesson:
    y = known_at(history, history.until).y
    everyone, taught = np.arange(len(history)), Rows(X, y)
    return Lesson(fit_blend(encoder, taught, RECIPE), False, *plain_negatives(history, everyone, taught))


def that_wait(history: History, X: Array, encoder: Encoder) -> Lesson:
    return _waiting(history, X, encoder, np.ones(len(history), dtype=bool), False)


def with_the_route(history: History, X: Array, encoder: Encoder) -> Lesson:
    """By the product's rule: who follows up is an input where the past can tell what a call adds."""
    known = known_at(history, history.until)
    recorded = history.recorded
    said = None if recorded is None else np.log(recorded.probability / (1 - recorded.probability))
    lessons = rows_to_learn_from(history.action, history.propensity, known.y, said)
    if not lessons.action:
        return _waiting(history, X, encoder, lessons.rows, False)
    both = Encoder([*encoder.columns, NumberColumn("route", action=True)])
    return _waiting(history, np.column_stack([X, history.action]), both, lessons.rows, True)


def _waiting(history: History, X: Array, encoder: Encoder, chosen: NDArray[np.bool_], action: bool) -> Lesson:
    rows = np.flatnonzero(chosen)
    facts = facts_at(history, rows, history.until)
    taught = Rows(X[rows], facts.y, facts.weight, facts.maturity)
    return Lesson(fit_blend(encoder, taught, RECIPE), action, *plain_negatives(history, rows, taught))


def plain_negatives(history: History, rows: Places, taught: Rows) -> tuple[int, int]:
    """Young leads that the loss takes for negatives, F(age) being 1: those younger than a conversion that was known,
    and the others. `taught` are these rows as the model is fitted on them."""
    curve, age = curve_at(history, history.until), known_at(history, history.until).age[rows]
    maturity = np.ones(len(rows)) if taught.maturity is None else taught.maturity
    negative = (taught.y == 0) & (age < HORIZON) & (maturity >= 1)
    beyond = negative & (age >= curve.days[-1])
    return int((negative & ~beyond).sum()), int(beyond.sum())


def _young(history: History, y: Array) -> int:
    return int(((y == 0) & (known_at(history, history.until).age < HORIZON)).sum())


RULES = (
    Rule(MARKET, as_negatives, 0.0, by_value=False),
    Rule(BY_VALUE, that_wait, GUARD_SLICE, by_value=True),
    Rule(ADDED, with_the_route, GUARD_SLICE, by_value=True),
)


def company(world: World, rule: Rule, seed: int, every: int) -> Played:
    """All its weeks; the model is fitted again `every` so many."""
    place, encoder = funnel(world, PEOPLE_WEEKS + POLICY_WEEKS, LEADS_A_WEEK, seed), columns_of(world)
    X = encoder.table(place.leads)
    place.people_choose(place.between(0, 7 * PEOPLE_WEEKS), seed)
    lessons, lesson, young = list[Lesson](), None, 0
    for week in range(PEOPLE_WEEKS, PEOPLE_WEEKS + POLICY_WEEKS):
        if lesson is None or (week - PEOPLE_WEEKS) % every == 0:
            history = place.history(7.0 * week)
            lesson = rule.fit(history, X[: len(history)], encoder)
            lessons.append(lesson)
            young += _young(history, known_at(history, history.until).y)
        _week(place, X, rule, lesson, week)
    last = place.between(7 * (PEOPLE_WEEKS + POLICY_WEEKS - JUDGED_WEEKS), np.inf)
    plain, beyond, action = (sum(getattr(one, name) for one in lessons) for name in ("plain", "beyond", "action"))
    return Played(place.share_of_the_best(last), float(place.action[last].mean()), plain, beyond, young, action)


def _week(place: Funnel, X: Array, rule: Rule, lesson: Lesson, week: int) -> None:
    agreement = agreed(rule.guard_slice)
    before, rows = place.between(7 * week - WINDOW_DAYS, 7 * week), place.of_week(week)
    window = _chances(place, X, rule, lesson, before)
    price = price_of(window, agreement, place.calls_a_day * MINUTES)
    leads = _chances(place, X, rule, lesson, rows)
    sent = routed(leads, price, agreement, place.luck.lot[rows])
    said = np.log(leads.probability / (1 - leads.probability))
    place.send(rows, sent.called, sent.propensity, said)


def _chances(place: Funnel, X: Array, rule: Rule, lesson: Lesson, rows: Places) -> Chances:
    value = place.leads["_ev"].to_numpy(float)[rows] if rule.by_value else np.full(len(rows), 3000.0)
    known = X[rows]
    if not lesson.action:
        return Chances(sigmoids(lesson.blend.log_odds(known)), None, value)
    called, nurtured = (
        sigmoids(lesson.blend.log_odds(np.column_stack([known, np.full(len(rows), route)]))) for route in (1.0, 0.0)
    )
    return Chances(called, nurtured, value)


def every_four_weeks(seeds: int, first: int) -> tuple[dict[str, Any], list[Target]]:
    return _played(RULES, 4, range(first, first + seeds))


def every_week(seeds: int, first: int) -> tuple[dict[str, Any], list[Target]]:
    """The first rule and the last alone, since it takes four times as long."""
    return _played((RULES[0], RULES[-1]), 1, range(first, first + seeds))


def _played(rules: Sequence[Rule], every: int, seeds: range) -> tuple[dict[str, Any], list[Target]]:
    found = {
        name: {rule.name: [company(world, rule, seed, every) for seed in seeds] for rule in rules}
        for name, world in WORLDS.items()
    }
    sizes = SIZES | {"refitted_every_weeks": every}
    return {"sizes": sizes, "worlds": {world: _facts(of) for world, of in found.items()}}, _targets(found)


SIZES = {
    "people_weeks": PEOPLE_WEEKS,
    "policy_weeks": POLICY_WEEKS,
    "judged_weeks": JUDGED_WEEKS,
    "guard_slice": GUARD_SLICE,
}
Shares = dict[str, list[Played]]


def _facts(of: Shares) -> dict[str, Any]:
    return {
        name: {
            "share": interval([one.share for one in each]).facts,
            "shares": [round(one.share, 4) for one in each],
            "used": round(float(np.mean([one.used for one in each])), 4),
            "young_leads_taught": sum(one.young for one in each),
            "plain_negatives": sum(one.plain for one in each),
            "older_than_any_conversion": sum(one.beyond for one in each),
            "fits_with_the_route": sum(one.with_action for one in each),
        }
        for name, each in of.items()
    }


def _targets(found: dict[str, Shares]) -> list[Target]:
    least = {"aligned": (0.80, 0.08), "sure-things": (0.75, 0.20)}
    targets = [target for world, bounds in least.items() for target in _of_world(world, found[world], *bounds)]
    plain = [float(one.plain) for of in found.values() for name, each in of.items() if name != MARKET for one in each]
    none = Interval(float(np.sum(plain)), float(np.sum(plain)), float(np.sum(plain)))
    return [*targets, Target("young leads taught as plain negatives", none, below=0.5)]


def _of_world(world: str, of: Shares, share: float, more: float) -> list[Target]:
    ours, theirs = ([one.share for one in of[name]] for name in (ADDED, MARKET))
    apart = interval([one - other for one, other in zip(ours, theirs, strict=True)])
    return [
        Target(f"share of the best, {world}", interval(ours), above=share),
        Target(f"the same beyond {MARKET}, {world}", apart, above=more),
    ]
