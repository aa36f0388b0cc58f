"""Who stands before the judging leads: each fitted on what was known before them, and none has seen them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

import numpy as np

from features.catalogue import ACTION
from leads.agreement import Agreement
from leads.ledger.book import Ledger
from leads.ledger.bundle import bundles
from models.bundle import BundleRefused
from models.champion import saved_scorer
from models.scorecard import scorecard_scorer
from models.scorer import Scorer, sigmoids
from training.audition import Candidate
from training.gates.verdict import Kind
from training.recipe import Recipe
from training.retraining.history import SECONDS, known_at
from training.retraining.judging import Said
from training.retraining.study import Places, Study, base_log_odds, fitted, with_action, without_action

ONE_DAY = 1.0


@dataclass(frozen=True)
class Serving:
    """The model that serves now. `learned_until`, in days since 1970, is when the newest of what it learned was known
    (at the latest when it was saved); `of_table` where it learned from a table; `action` where it knows who follows up.
    `recipe` is None where nobody wrote down how it was fitted."""

    number: int
    recipe: Recipe | None
    learned_until: float
    of_table: bool
    action: bool


@dataclass(frozen=True)
class Contender:
    """`recipe` is None for what was not fitted here; `seconds` is what the audition took."""

    name: str
    recipe: Recipe | None
    said: Said
    seconds: float = 0.0
    curve: Sequence[float] = ()


def serving_now(ledger: Ledger, number: int | None) -> Serving | None:
    if number is None:
        return None
    entry = next(one for one in bundles(ledger) if one.number == number)
    facts = entry.facts
    until = datetime.fromisoformat(str(facts["until"])) if "retraining" in facts else entry.saved_at
    recipe = Recipe.from_json(facts["recipe"]) if facts.get("recipe") else None
    days = until.timestamp() / SECONDS
    return Serving(number, recipe, days, "retraining" not in facts, bool(facts.get("action")))


def incumbent(study: Study, ledger: Ledger, serving: Serving | None, agreement: Agreement) -> Contender:
    """What a challenger wants to replace. Where the champion may have learned from the judging leads, its recipe stands
    for it, fitted as the challenger's was; an older one stands for itself. Where it cannot be opened, the scorecard
    answers instead of it."""
    if serving is None:
        return scorecard(study, agreement)
    if serving.recipe is not None and _may_know(serving, study):
        return Contender("champion", serving.recipe, before_the_window(_alike(study, serving), serving.recipe))
    try:
        return Contender("champion", serving.recipe, said_by(study, saved_scorer(ledger, serving.number)))
    except BundleRefused:
        return scorecard(study, agreement)


def scorecard(study: Study, agreement: Agreement) -> Contender:
    return Contender("scorecard", None, said_by(study, scorecard_scorer(agreement)))


class Renewed(NamedTuple):
    """The champion's recipe on newer leads, as `study` has them, and what it is held against."""

    kind: Kind
    study: Study
    contender: Contender
    against: Said


def renewed(study: Study, serving: Serving, champion: Contender) -> Iterator[Renewed]:
    """With who follows up among its inputs where leads can tell what a call adds by now and it did not know; and as it
    is. Held against the champion itself where that learned from a table, else against its recipe as old as it is now.
    Nothing where there is nothing newer to learn from, or less than it knows."""
    recipe, alike = serving.recipe, _alike(study, serving)
    if recipe is None or (serving.action and not with_action(study)):
        return
    days = study.history.until - serving.learned_until
    against = champion.said if serving.of_table else _as_old_as(alike, recipe, days)
    if against is None:
        return
    if alike is not study:
        yield Renewed("new input", study, _renewed(study, recipe), against)
    stands = _may_know(serving, study)
    newer = replace(champion, name=recipe.rung) if stands else _renewed(alike, recipe)
    yield Renewed("refresh", alike, newer, against)


def _may_know(serving: Serving, study: Study) -> bool:
    """Whether it may have learned from the judging leads."""
    return serving.learned_until > study.window.began


def _renewed(study: Study, recipe: Recipe) -> Contender:
    return Contender(recipe.rung, recipe, before_the_window(study, recipe))


def _alike(study: Study, serving: Serving) -> Study:
    """The leads with the inputs that the champion has."""
    return study if serving.action or not with_action(study) else without_action(study)


def _as_old_as(study: Study, recipe: Recipe, days: float) -> Said | None:
    """What the recipe would have said had it then learned nothing for so many days."""
    moment = study.window.began - days
    rows = study.older[study.history.decided_at[study.older] < moment]
    y = known_at(study.history, moment).y[rows]
    return None if days < ONE_DAY or not 0 < y.sum() < len(y) else _fitted_then(study, recipe, rows, moment)


def before_the_window(study: Study, recipe: Recipe) -> Said:
    return _fitted_then(study, recipe, study.older, study.window.began)


def _fitted_then(study: Study, recipe: Recipe, rows: Places, moment: float) -> Said:
    blend = fitted(study, recipe, rows, moment)
    return said_by(study, Scorer(tuple(study.features), blend, recipe.rung))


def base_rate(study: Study) -> Contender:
    log_odds = np.full(len(study.window.rows), base_log_odds(study))
    return Contender("base rate", None, Said(log_odds, sigmoids(log_odds)))


def tried(study: Study, candidates: Sequence[Candidate]) -> list[Contender]:
    """Those of the audition that were fitted there, now on all older leads."""
    return [
        Contender(one.name, one.recipe, before_the_window(study, one.recipe), one.seconds, one.curve)
        for one in candidates
        if one.recipe is not None and one.name != "champion"
    ]


def said_by(study: Study, scorer: Scorer) -> Said:
    """Of the judging leads: as they were handled, as far as that is known and the model reads it; and if sales follows
    up, or not."""
    values = study.history.values.iloc[study.window.rows].drop(columns=ACTION, errors="ignore").reset_index(drop=True)
    if scorer.action is None:
        log_odds = scorer.log_odds_table(values)
        return Said(log_odds, sigmoids(log_odds))
    either = [scorer.log_odds_table(values.assign(**{ACTION: action})) for action in (1.0, 0.0)]
    handled = scorer.log_odds_table(values.assign(**{ACTION: study.history.action[study.window.rows]}))
    return Said(handled, sigmoids(either[0]), sigmoids(either[1]))
