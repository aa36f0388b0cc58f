"""The unattended year: the company's past is imported, the scorecard begins, and every four weeks a retraining decides
by the gates whether a new model serves. Nobody looks on.

What the job does with a ledger is done here with the same pure steps on the simulated company's log."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.learning.company import HORIZON, LEVELS, NUMBERS
from benchmarks.learning.funnel import Funnel, Places, funnel, points
from benchmarks.learning.loop import GUARD_SLICE, plain_negatives
from benchmarks.learning.routing import MINUTES, WINDOW_DAYS, Chances, price_of, routed
from benchmarks.policy.interval import Interval
from benchmarks.policy.target import Target
from features import answer
from features.catalogue import ACTION, Feature, with_action
from features.matrix import many
from leads.sections import Agreement, FieldValue, Goal, Routing, Sales
from models.boosting import Rows
from models.encoder import Array
from models.scorer import Scorer, sigmoids
from training.audition import Audition, hold_audition
from training.company.world import World
from training.gates.refit import near
from training.gates.verdict import Kind, verdict
from training.recipe import Recipe
from training.retraining.contenders import Contender, Renewed, Serving, before_the_window, renewed, said_by
from training.retraining.digest import recipe_digest
from training.retraining.history import History
from training.retraining.judging import Claim, Said, judged
from training.retraining.lessons import lessons_of
from training.retraining.study import Study, facts_at, fitted, made_study, stages_of, taught, without_action
from training.retraining.window import TooEarly, judging_window

PAST_WEEKS, WEEKS, EVERY = 52, 52, 4
LEADS_A_WEEK = 200
FORM = tuple(
    [Feature(key, key, key, "level", (key,), answer.level) for key in LEVELS]
    + [Feature(key, key, key, "number", (key,), answer.number) for key in NUMBERS]
)
BUDGET = "budget"
AGREEMENT = Agreement(
    goal=Goal(within_days=int(HORIZON), value=FieldValue(field=BUDGET, otherwise=3000.0)),
    sales=Sales(minutes_per_lead=MINUTES),
    routing=Routing(guard_slice=GUARD_SLICE),
)


@dataclass(frozen=True)
class Champion:
    """None of both: the scorecard. `until` is the day that it has learned to."""

    scorer: Scorer | None = None
    recipe: Recipe | None = None
    until: float = 0.0

    @property
    def action(self) -> bool:
        return self.scorer is not None and self.scorer.action is not None


@dataclass(frozen=True)
class Retraining:
    """`week` of the year; `plain` as in `loop.Lesson`, of the model that came to serve."""

    week: int
    kind: Kind | None
    promoted: bool
    why: str
    plain: int = 0


@dataclass(frozen=True)
class Month:
    """Four weeks' leads: conversions by what was said of each as it was handled, those that came in the end, both also
    of the called ones alone, the 95 % interval (Poisson) of those that came, those to be expected by the truth, and
    what was lost of what the best choice would add."""

    month: int
    rung: str
    with_action: bool
    said: float
    converted: int
    said_of_called: float
    converted_of_called: int
    low: float
    high: float
    true: float
    regret: float
    to_sales: float


def year(seed: int, world: World) -> tuple[list[Month], list[Retraining]]:
    place = _with_a_past(world, seed)
    champion, months, done = Champion(), list[Month](), list[Retraining]()
    for week in range(0, WEEKS, EVERY):
        today = 7.0 * (PAST_WEEKS + week)
        if week:
            champion, told = retrained(place, champion, week, today)
            done.append(told)
        months.append(_month(place, champion, week // EVERY + 1, today))
    return months, done


def _with_a_past(world: World, seed: int) -> Funnel:
    """As an imported table tells it: nobody knows whom people called."""
    place = funnel(world, PAST_WEEKS + WEEKS, LEADS_A_WEEK, seed)
    place.leads = place.leads.assign(**{BUDGET: place.leads["_ev"]}).astype(dict.fromkeys(NUMBERS, float))
    past = place.between(0, 7 * PAST_WEEKS)
    place.people_choose(past, seed)
    place.action[past], place.said[past] = np.nan, np.nan
    return place


def _month(place: Funnel, champion: Champion, month: int, today: float) -> Month:
    rows, said = place.between(today, today + 7 * EVERY), list[Array]()
    for start in np.arange(today, today + 7 * EVERY, 7.0):
        said.append(_week(place, champion, start))
    converted, true = int(np.isfinite(place.delay[rows]).sum()), place.true(rows)
    low, high = _poisson(converted)
    scorer, called = champion.scorer, place.action[rows] == 1
    return Month(
        month=month,
        rung="scorecard" if scorer is None else scorer.rung,
        with_action=scorer is not None and scorer.action is not None,
        said=round(float(np.concatenate(said).sum()), 2),
        converted=converted,
        said_of_called=round(float(np.concatenate(said)[called].sum()), 2),
        converted_of_called=int(np.isfinite(place.delay[rows])[called].sum()),
        low=round(low, 2),
        high=round(high, 2),
        true=round(true, 2),
        regret=round(1 - place.share_of_the_best(rows), 4),
        to_sales=round(float(place.action[rows].mean()), 4),
    )


def _poisson(count: int) -> tuple[float, float]:
    """The 95 % interval of what is expected where `count` came (Garwood)."""
    low = float(stats.chi2.ppf(0.025, 2 * count)) / 2 if count else 0.0
    return low, float(stats.chi2.ppf(0.975, 2 * count + 2)) / 2


def _week(place: Funnel, champion: Champion, start: float) -> Array:
    """What was said of each lead as it was then handled."""
    before, rows = place.between(start - WINDOW_DAYS, start), place.between(start, start + 7)
    price = price_of(_chances(place, champion, before), AGREEMENT, place.calls_a_day * MINUTES)
    leads = _chances(place, champion, rows)
    sent = routed(leads, price, AGREEMENT, place.luck.lot[rows])
    place.send(rows, sent.called, sent.propensity, np.log(leads.probability / (1 - leads.probability)))
    return leads.probability if leads.p_nurture is None else np.where(sent.called, leads.probability, leads.p_nurture)


def _chances(place: Funnel, champion: Champion, rows: Places) -> Chances:
    leads, scorer = place.leads.iloc[rows].reset_index(drop=True), champion.scorer
    value = leads[BUDGET].to_numpy(float)
    if scorer is None:
        return Chances(sigmoids(points(leads)), None, value)
    scores = [sigmoids(scorer.log_odds_table(leads.assign(**{ACTION: route}))) for route in (1.0, 0.0)]
    return Chances(scores[0], None if scorer.action is None else scores[1], value)


def retrained(place: Funnel, champion: Champion, week: int, today: float) -> tuple[Champion, Retraining]:
    """Who serves from now on."""
    study = _study(place.history(today, (*LEVELS, *NUMBERS, BUDGET)))
    if isinstance(study, TooEarly):
        return champion, Retraining(week, None, False, study.why)
    stages, rows = stages_of(study)
    if not stages:
        return champion, Retraining(week, None, False, "too little was known to choose anything by")
    audition = hold_audition(stages, study.scorecard[rows], champion.recipe)
    told = Retraining(week, None, False, audition.why)
    for new in _challenges(study, champion, audition):
        claim = Claim(new.kind, new.contender.said, new.against, lambda: 0, place.calls_a_day * MINUTES)
        heard = verdict(new.kind, judged(new.study, claim, AGREEMENT))
        told = Retraining(week, new.kind, heard.passed, heard.sentence)
        if heard.passed and new.contender.recipe is not None:
            return _refitted(new.study, new.contender.recipe, new.contender.said, champion, told)
    return champion, told


def _study(known: History) -> Study | TooEarly:
    lessons = lessons_of(known)
    history = _where(known, np.flatnonzero(lessons.rows))
    window = judging_window(history)
    if isinstance(window, TooEarly):
        return window
    features = with_action(FORM) if lessons.action else FORM
    values = history.values.assign(**{ACTION: history.action})
    matrix = many(features, values)
    return made_study(replace(history, values=values), features, matrix, points(history.values), window)


def _where(history: History, rows: Places) -> History:
    each = ("decided_at", "action", "propensity", "lead", "person", "weight", "converted_after", "known_after")
    chosen = {name: getattr(history, name)[rows] for name in (*each, "followed")}
    return replace(history, values=history.values.iloc[rows].reset_index(drop=True), recorded=None, **chosen)


def _challenges(study: Study, champion: Champion, audition: Audition) -> Iterator[Renewed]:
    """Every window is a new one, so each recipe is looked at once."""
    winner, serving = audition.winner, _serving(champion)
    against = _incumbent(study, champion)
    if (
        winner is not None
        and winner.recipe is not None
        and recipe_digest(winner.recipe) != recipe_digest(champion.recipe)
    ):
        said = before_the_window(study, winner.recipe)
        yield Renewed("new recipe", study, Contender(winner.name, winner.recipe, said), against.said)
    if serving is not None:
        yield from renewed(study, serving, against)


def _serving(champion: Champion) -> Serving | None:
    if champion.recipe is None:
        return None
    return Serving(0, champion.recipe, champion.until, of_table=False, action=champion.action)


def _incumbent(study: Study, champion: Champion) -> Contender:
    if champion.recipe is not None:
        alike = study if champion.action else without_action(study)
        return Contender("champion", champion.recipe, before_the_window(alike, champion.recipe))
    log_odds = study.scorecard[study.window.rows]
    return Contender("scorecard", None, Said(log_odds, sigmoids(log_odds)))


def _refitted(
    study: Study, recipe: Recipe, said: Said, champion: Champion, told: Retraining
) -> tuple[Champion, Retraining]:
    history, everyone = study.history, taught(study)
    blend = fitted(study, recipe, everyone, history.until)
    scorer = Scorer(tuple(study.features), blend, recipe.rung)
    gate = near(said.log_odds, said_by(study, scorer).log_odds)
    if not gate.passed:
        return champion, replace(told, promoted=False, why=f"The champion stays. {gate.sentence}")
    facts = facts_at(history, everyone, history.until)
    rows = Rows(np.empty((len(everyone), 0)), facts.y, facts.weight, facts.maturity)
    plain, _ = plain_negatives(history, everyone, rows)
    return Champion(scorer, recipe, history.until), replace(told, plain=plain)


def played(seeds: int, first: int) -> tuple[dict[str, Any], list[Target]]:
    found = [year(seed, World()) for seed in range(first, first + seeds)]
    facts = [
        {"months": [asdict(month) for month in months], "retrainings": [asdict(one) for one in done]}
        for months, done in found
    ]
    learned = [month for months, _ in found for month in months if month.rung != "scorecard"]
    return {"years": facts, "leads_a_week": LEADS_A_WEEK, "past_weeks": PAST_WEEKS}, [
        _calibrated(learned),
        _plain(found),
    ]


def _calibrated(months: list[Month]) -> Target:
    said, converted = sum(month.said for month in months), sum(month.converted for month in months)
    low, high = _poisson(converted)
    ratio = Interval(said / max(converted, 1), said / high, said / max(low, 1e-9))
    return Target(
        "conversions said by those that came, all months of a trained champion", ratio, above=0.88, below=1.12
    )


def _plain(found: Sequence[tuple[list[Month], list[Retraining]]]) -> Target:
    plain = float(sum(one.plain for _, done in found for one in done))
    return Target("young leads taught as plain negatives in the year", Interval(plain, plain, plain), below=0.5)
