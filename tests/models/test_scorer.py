"""Every rung: reasons add up to the score, one lead and a table score alike, and the file gives the same numbers."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from features.matrix import many, plan
from leads.agreement import Agreement
from leads.table import read_values
from models.boosting import TreesRecipe
from models.logistic import LogisticRecipe
from models.scorecard import scorecard_scorer
from models.scorer import Scorer, logit
from training.recipe import Recipe, fit_recipe

LOGISTIC, TREES = LogisticRecipe(), TreesRecipe(rounds=30, min_data_in_leaf=10)
RECIPES = {
    "logistic": Recipe(LOGISTIC, None),
    "trees": Recipe(None, TREES),
    "blend": Recipe(LOGISTIC, TREES, trust=0.9, logistic_share=0.3),
    "recent": Recipe(LOGISTIC, TREES, logistic_half_life=0.25, trees_half_life=0.5),
}


def values_of(leads: pd.DataFrame, agreement: Agreement) -> pd.DataFrame:
    return read_values(leads.astype(object), agreement).values


def fitted(recipe: Recipe, leads: pd.DataFrame, agreement: Agreement) -> Scorer:
    features = plan(agreement.form.fields, agreement.sales.timezone)
    matrix = many(features, values_of(leads, agreement))
    blend = fit_recipe(features, matrix, leads["converted"].to_numpy(dtype=float), recipe)
    return Scorer(features, blend, recipe.rung, "conversion/1")


@pytest.fixture(params=[*RECIPES, "scorecard"])
def scorer(request: pytest.FixtureRequest, leads: Callable[..., pd.DataFrame], agreement: Agreement) -> Scorer:
    if request.param == "scorecard":
        return scorecard_scorer(agreement)
    return fitted(RECIPES[request.param], leads(600), agreement)


def lead(values: pd.DataFrame, place: int) -> dict[str, object]:
    return {key: None if value is None or value != value else value for key, value in values.iloc[place].items()}


def test_base_and_contributions_add_up_to_the_log_odds(scorer, leads, agreement) -> None:
    values = values_of(leads(50, seed=9), agreement)
    independent = scorer.log_odds_table(values)
    for place in range(50):
        score = scorer.score(lead(values, place))
        total = score.base + sum(reason.effect for reason in score.contributions)
        assert abs(total - score.log_odds) < 1e-6
        assert abs(total - independent[place]) < 1e-6
        assert abs(total - logit(score.probability)) < 1e-6


def test_one_lead_and_a_table_get_the_same_score_and_reasons(scorer, leads, agreement) -> None:
    values = values_of(leads(50, seed=9), agreement)
    table = scorer.score_table(values)
    for place in range(50):
        score = scorer.score(lead(values, place))
        assert score.probability == pytest.approx(table.probability[place], abs=1e-12)
        for column, alone in enumerate(score.contributions):
            together = table.contribution(place, column)
            assert together.text == alone.text
            assert together.effect == pytest.approx(alone.effect, abs=1e-12)


def test_unseen_levels_and_missing_values_are_scored(scorer) -> None:
    for values in ({}, {"source": "never seen"}, {"pages": 1e12}, {"pages": -5.0, "source": None}):
        assert 0 < scorer.score(values).probability < 1


def test_a_reason_says_label_and_value(leads, agreement) -> None:
    texts = {
        reason.text
        for reason in fitted(RECIPES["blend"], leads(600), agreement)
        .score({"demo_requested": True, "pages": 3.0, "source": "partner"})
        .contributions
    }
    assert {"Demo requested: yes", "Pages: 3 pages", "Source: partner"} <= texts


def test_what_raises_the_odds_is_found(leads, agreement) -> None:
    scorer = fitted(RECIPES["blend"], leads(3000), agreement)
    plain = {"source": "search", "pages": 2.0, "demo_requested": False}
    for better in ({"demo_requested": True}, {"pages": 6.0}, {"source": "partner"}):
        assert scorer.score(plain | better).probability > scorer.score(plain).probability


def test_half_a_blend_is_the_mean_in_log_odds(leads, agreement) -> None:
    table = leads(600)
    values = values_of(table, agreement)
    parts = [fitted(RECIPES[name], table, agreement).log_odds_table(values) for name in ("logistic", "trees")]
    both = fitted(Recipe(LOGISTIC, TREES), table, agreement).log_odds_table(values)
    np.testing.assert_allclose(both, np.mean(parts, axis=0), atol=1e-9)


def test_the_written_points_double_the_odds_every_twenty(agreement) -> None:
    scorer = scorecard_scorer(agreement)
    base = logit(0.2)
    assert scorer.score({}).log_odds == pytest.approx(base)
    assert scorer.score({"demo_requested": True}).log_odds == pytest.approx(base + np.log(2))
    both = scorer.score({"demo_requested": True, "pages": 1.0})
    assert both.log_odds == pytest.approx(base + np.log(2) / 2)
    assert "Pages is below 2: yes" in {reason.text for reason in both.contributions}


def test_fold_models_tell_how_sure_the_score_is(leads, agreement) -> None:
    assert fitted(RECIPES["blend"], leads(600), agreement).score({}).spread > 0
    assert fitted(RECIPES["logistic"], leads(600), agreement).score({}).spread is None
