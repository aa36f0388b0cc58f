"""A model that knows who follows up scores each lead both ways, by the same numbers wherever it is asked."""

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.catalogue import ACTION
from leads.agreement import Agreement
from leads.table import read_values
from models import policy
from models.batch import scored_columns
from models.boosting import TreesRecipe
from models.bundle import BundleRefused, Files, bundle_files, digest, open_bundle, pack
from models.bundle_document import SUMS, with_sums
from models.engaged import raised, with_points
from models.logistic import LogisticRecipe
from models.pricing import scores_of
from models.proposal import Ruled, sums
from models.reasons import top_reasons
from models.scorer import Scorer, logit
from models.verification import verified_files
from tests.called import called_leads, scorer_of_both
from training.golden import golden_leads
from training.recipe import Recipe

LOGISTIC, TREES = LogisticRecipe(), TreesRecipe(rounds=40, min_data_in_leaf=10)
RECIPES = {
    "logistic": Recipe(LOGISTIC, None),
    "trees": Recipe(None, TREES),
    "blend": Recipe(LOGISTIC, TREES, trust=0.9, logistic_share=0.3),
}
LEADS: list[dict[str, object]] = [
    {},
    {"source": "partner", "pages": 3.0},
    {"source": "search", "demo_requested": True},
    {"source": "never seen", "pages": 1e12},
]


@pytest.fixture(params=list(RECIPES))
def scorer(request: pytest.FixtureRequest, leads: Callable[..., pd.DataFrame], agreement: Agreement) -> Scorer:
    return scorer_of_both(RECIPES[request.param], *called_leads(leads(1500), agreement), agreement)


@pytest.fixture
def blend(leads: Callable[..., pd.DataFrame], agreement: Agreement) -> Scorer:
    return scorer_of_both(RECIPES["blend"], *called_leads(leads(1500), agreement), agreement)


def test_a_call_is_seen_to_help_whom_it_helps(scorer: Scorer) -> None:
    by_search, partner = scorer.score({"source": "search"}), scorer.score({"source": "partner"})
    assert by_search.p_nurture is not None
    assert partner.p_nurture is not None
    assert by_search.probability - by_search.p_nurture > 0.25
    assert abs(partner.probability - partner.p_nurture) < 0.15
    assert partner.probability > by_search.probability


@pytest.mark.parametrize("values", LEADS, ids=range(4))
def test_base_and_contributions_add_up_under_follow_up_by_sales(scorer: Scorer, values: dict[str, object]) -> None:
    score = scorer.score(values)
    assert score.base + sum(one.effect for one in score.contributions) == pytest.approx(score.log_odds, abs=1e-6)
    assert logit(score.probability) == pytest.approx(score.log_odds, abs=1e-6)
    assert score.p_sales == score.probability


@pytest.mark.parametrize("values", LEADS, ids=range(4))
def test_both_chances_are_those_of_the_fitted_estimator(scorer: Scorer, values: dict[str, object]) -> None:
    """Asked as training asks it, with who follows up as a column of the table."""
    both = pd.DataFrame([values | {ACTION: 1.0}, values | {ACTION: 0.0}])
    expected = 1 / (1 + np.exp(-scorer.log_odds_table(both)))
    score = scorer.score(values)
    assert [score.probability, score.p_nurture] == pytest.approx(expected.tolist(), abs=1e-12)


def test_what_is_kept_of_a_lead_says_nothing_of_who_follows_up(scorer: Scorer) -> None:
    row = scorer.row({"source": "search", "pages": 2.0})
    assert "route" not in row
    assert scorer.score_row(row) == scorer.score({"source": "search", "pages": 2.0})
    assert scorer.score({"source": "search", ACTION: 0.0}) == scorer.score({"source": "search"})


def test_reasons_speak_of_the_lead_and_the_full_account_of_who_follows_up(scorer: Scorer) -> None:
    score = scorer.score({"source": "search"})
    assert "Who follows up: sales" in {one.text for one in score.contributions}
    assert ACTION not in {one.field for one in top_reasons(score.contributions, 20)}


def test_a_table_gets_the_same_as_each_of_its_leads(scorer: Scorer, leads, agreement: Agreement) -> None:
    values = read_values(leads(40, seed=9).astype(object), agreement).values
    table, told = scorer.score_table(values), scored_columns(scorer, values, agreement)
    assert table.p_nurture is not None
    for place in range(40):
        lead = {key: None if one is None or one != one else one for key, one in values.iloc[place].items()}
        score = scorer.score(lead)
        assert [table.probability[place], table.p_nurture[place]] == pytest.approx(
            [score.probability, score.p_nurture], abs=1e-12
        )
        assert told["p_nurture"].iloc[place] == table.p_nurture[place]
        reasons = [one["text"] for one in json.loads(told["reasons"].iloc[place])]
        assert reasons == [one.text for one in top_reasons(score.contributions)]


def test_points_for_what_a_person_did_raise_both_chances_alike(blend: Scorer, agreement: Agreement) -> None:
    row = {"engagement.reply": 1.0, "engaged_times.reply": 1.0, "engaged_last.reply": "2026-11-20T09:00:00+00:00"}
    cold = blend.score({"source": "search"})
    warm = with_points(cold, row, agreement)
    assert cold.p_nurture is not None
    assert warm.p_nurture is not None
    added = warm.log_odds - cold.log_odds
    assert added > 0.3
    assert logit(warm.p_nurture) - logit(cold.p_nurture) == pytest.approx(added)
    (chance,) = scores_of([{"source": "search"}], [row], agreement, blend)
    assert chance == pytest.approx((warm.probability, warm.spread, warm.p_nurture))


@pytest.mark.parametrize(("probability", "log_odds"), [(0.0, 9.0), (1.0, -9.0), (1.0, 9.0), (0.3, 0.0)])
def test_a_chance_stays_one_at_its_ends(probability: float, log_odds: float) -> None:
    assert raised(probability, log_odds) == pytest.approx(probability)


@pytest.fixture
def files(blend: Scorer, leads: Callable[..., pd.DataFrame], agreement: Agreement) -> Files:
    values, _ = called_leads(leads(400), agreement)
    fields = agreement.form.fields
    return bundle_files(blend, fields, agreement.sales.timezone, golden_leads(fields, values))


def verify(files: Files) -> Files:
    data = pack(with_sums({name: text for name, text in files.items() if name != SUMS}))
    return verified_files(data, digest(data))


def test_its_bundle_passes_and_scores_both_ways_as_before(files: Files, blend: Scorer) -> None:
    again = open_bundle(verify(files), "conversion/1")
    for values in LEADS:
        assert again.score(values) == blend.score(values)


def test_another_chance_without_a_call_than_the_saved_one_is_refused(files: Files) -> None:
    golden = json.loads(files["golden.json"])
    golden[2]["p_nurture"] += 1e-6
    with pytest.raises(BundleRefused, match="invented lead 3"):
        verify(files | {"golden.json": json.dumps(golden)})
    del golden[2]["p_nurture"]
    with pytest.raises(BundleRefused, match="invented lead 3"):
        verify(files | {"golden.json": json.dumps(golden)})


@pytest.mark.parametrize(
    "damage",
    [
        {"place": 99},
        {"place": True},
        {"terms": []},
        {"terms": "x"},
        {"more": 1},
    ],
    ids=["no such column", "no number", "none", "text", "more"],
)
def test_a_damaged_account_of_what_calls_add_is_refused(files: Files, damage: dict[str, object]) -> None:
    logistic = json.loads(files["logistic.json"])
    logistic["called"] |= damage
    with pytest.raises(BundleRefused):
        verify(files | {"logistic.json": json.dumps(logistic)})


def on_scales(
    agreement: Agreement, probability: float, p_nurture: float | None, spread: float | None = 0.3
) -> policy.Weighed:
    return policy.on_scales(probability, spread, 2200.0, 22.0, 0, agreement, p_nurture)


def test_a_minute_earns_what_the_call_adds(agreement: Agreement) -> None:
    assert on_scales(agreement, 0.5, 0.2).index == pytest.approx(0.3 * 2200 / 22)
    assert on_scales(agreement, 0.5, None).index == pytest.approx(0.5 * 2200 / 22)
    assert on_scales(agreement, 0.5, 0.5).index == 0.0
    harmed = on_scales(agreement, 0.5, 0.6)
    assert (harmed.index, harmed.benefit) == (0.0, 0.0)
    price = policy.Price(1, 0.0, None)  # of leads that nobody competes for
    assert policy.route(harmed, price, agreement, 0.5, True).route == "nurture"
    assert policy.route(on_scales(agreement, 0.2, 0.1), price, agreement, 0.5, True).route == "sales"


def test_conversions_of_a_proposal_are_those_of_the_route() -> None:
    nurtured = Ruled("nurture", "price", 0.5, "A", 1.0, 22.0, 0.2)
    told = sums([nurtured, replace(nurtured, route="sales"), replace(nurtured, p_nurture=None)])
    assert told["nurture"].conversions == pytest.approx(0.7)
    assert told["sales"].conversions == 0.5


def test_bands_are_those_of_the_chance_with_a_call(agreement: Agreement) -> None:
    bounds = agreement.routing.bands
    assert on_scales(agreement, 0.5, 0.45).band == policy.band(0.5, bounds)


def test_a_look_is_worth_most_where_what_a_call_adds_is_near_the_price(agreement: Agreement) -> None:
    looks = {one: policy.look(on_scales(agreement, 0.4, one), 10.0) for one in (0.0, 0.2, 0.3, 0.5, 0.9)}
    assert max(looks, key=lambda one: looks[one]) == 0.3
    assert looks[0.5] > looks[0.9]
    assert policy.look(on_scales(agreement, 0.4, 0.39, spread=0.0), 10.0) < 1e-6  # it cannot come near the price
