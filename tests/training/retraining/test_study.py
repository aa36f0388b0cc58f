"""A retraining's leads made ready: the recent intercept, and the champion's recipe with and without the route."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features import answer
from features.catalogue import ACTION, Feature, with_action
from features.matrix import many
from leads.agreement import Agreement
from models.encoder import Array
from models.logistic import LogisticRecipe
from training.gates.verdict import NEEDED, verdict
from training.recipe import Recipe
from training.retraining.contenders import Contender, Serving, before_the_window, renewed
from training.retraining.history import History
from training.retraining.judging import Claim, judged
from training.retraining.study import Study, fitted, made_study, taught, without_action
from training.retraining.window import TooEarly, judging_window

RECIPE = Recipe(LogisticRecipe(), None)
LEADS, DAYS, HORIZON, SINCE = 8_000, 300.0, 60, 80.0
PAGES = Feature("pages", "pages", "pages", "number", ("pages",), answer.number)


def study_of(action: Array, *, with_route: bool = False, lately: float = 0.12) -> Study:
    """Of leads of which 12 % convert, and another share since 80 days ago."""
    draw = np.random.default_rng(8)
    day, each = np.sort(draw.uniform(0, DAYS, LEADS)), np.arange(LEADS)
    won = draw.random(LEADS) < np.where(day > DAYS - SINCE, lately, 0.12)
    delay = np.where(won, np.minimum(draw.exponential(15, LEADS), HORIZON - 1), np.inf)
    values = pd.DataFrame({"pages": draw.poisson(3, LEADS).astype(float), ACTION: action})
    history = History(
        values=values,
        decided_at=day,
        until=DAYS,
        horizon=HORIZON,
        action=action,
        propensity=np.full(LEADS, np.nan),
        lead=each,
        person=each,
        weight=np.ones(LEADS),
        converted_after=delay,
        known_after=delay,
        followed=np.full(LEADS, np.inf),
        left_out={},
        recorded=None,
    )
    window = judging_window(history)
    assert not isinstance(window, TooEarly)
    features = with_action([PAGES]) if with_route else [PAGES]
    return made_study(history, features, many(features, values), np.zeros(LEADS), window)


def shift(action: Array) -> float:
    return fitted(study_of(action, lately=0.24), RECIPE, np.arange(LEADS), DAYS).shift


def test_it_follows_a_rate_that_moved() -> None:
    assert shift(np.full(LEADS, np.nan)) == pytest.approx(0.62, abs=0.2)


def test_it_does_not_take_calls_that_began_for_a_rate_that_moved() -> None:
    called = np.where(np.arange(LEADS) > LEADS * (1 - SINCE / DAYS), 1.0, np.nan)
    assert shift(called) == 0


def test_a_champion_that_knew_no_route_is_renewed_with_it_and_else_without(agreement: Agreement) -> None:
    """So it does not grow old where knowing the route does not pass."""
    action = (np.arange(LEADS) % 3 > 0).astype(float)
    study, serving = study_of(action, with_route=True), Serving(1, RECIPE, DAYS - 60, of_table=False, action=False)
    before = Contender("champion", RECIPE, before_the_window(without_action(study), RECIPE))
    knowing, plain = renewed(study, serving, before)
    assert (knowing.kind, plain.kind) == ("new input", "refresh")
    assert knowing.contender.said.p_nurture is not None
    assert plain.contender.said.p_nurture is None
    assert len(taught(knowing.study)) == LEADS
    assert (action[taught(plain.study)] == 1).all()
    called = (action[study.window.rows] == 1).sum()
    for one in (knowing, plain):
        gates = judged(one.study, Claim(one.kind, one.contender.said, one.against, lambda: 1, None), agreement)
        assert gates[0].numbers["leads"] == called < len(study.window.rows)
        assert [gate.name for gate in gates] == list(NEEDED[one.kind])
        assert verdict(one.kind, gates).passed


def test_a_champion_that_knows_the_route_is_renewed_as_it_is() -> None:
    action = (np.arange(LEADS) % 3 > 0).astype(float)
    study, serving = study_of(action, with_route=True), Serving(1, RECIPE, DAYS - 60, of_table=False, action=True)
    before = Contender("champion", RECIPE, before_the_window(study, RECIPE))
    (only,) = renewed(study, serving, before)
    assert (only.kind, only.study) == ("refresh", study)
    forgetful = study_of(np.ones(LEADS))
    assert list(renewed(forgetful, serving, before)) == []
    lately = replace(serving, learned_until=DAYS - 5)
    (again,) = renewed(study, lately, before)
    assert (again.contender.name, again.contender.said) == (RECIPE.rung, before.said)
    assert list(renewed(study, replace(serving, learned_until=DAYS), before)) == []
