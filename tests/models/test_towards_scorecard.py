"""With few leads the logistic starts from what people agreed, and leaves it as far as the leads say so."""

import numpy as np
import pandas as pd
import pytest

from features.matrix import many
from leads.agreement import Agreement, parse_agreement
from models.bundle import bundle_files, digest, open_bundle, pack
from models.encoder import Array
from models.logistic import LogisticRecipe
from models.rules import plan_of
from models.scorecard import scorecard_scorer
from models.scorer import Scorer, sigmoids
from models.verification import verified_files
from training.evaluation import log_loss
from training.golden import golden_leads
from training.logistic_search import AGREED_FIRST, STIFF, search_logistic
from training.recipe import Recipe, fit_recipe
from training.splits import forward_protocol
from training.stage import make_stages

AGREED = """
[goal]
within_days = 30
value = 1000
[scorecard]
base_rate = 0.06
[[scorecard.rules]]
points = 40
when = { demo_requested = true }
[[scorecard.rules]]
points = 30
when = { industry = ["Steel", "Wood"], budget = { at_least = 2000 } }
[[scorecard.rules]]
points = -20
when = { country = ["US"] }
[[scorecard.rules]]
points = 60
when = { industry = ["Gold"] }
[form.fields.demo_requested]
kind = "flag"
[form.fields.industry]
kind = "category"
[form.fields.country]
kind = "category"
[form.fields.budget]
kind = "number"
[form.fields.pages]
kind = "number"
"""
AGREEMENT = parse_agreement(AGREED)
SEEDS = range(20)
HELD_OUT = 2000
STARTED = Recipe(AGREED_FIRST, None, logistic_share=1.0)
PLAIN = Recipe(STIFF, None, logistic_share=1.0)


def leads(rows: int, seed: int) -> tuple[pd.DataFrame, Array]:
    """The truth follows the scorecard partly: one rule is right, one two thirds as strong, one half, and pages and
    industry say what it does not; the base rate is agreed a quarter too low. Nobody deals in gold yet."""
    draw = np.random.default_rng(seed)
    demo, pages = draw.random(rows) < 0.3, draw.poisson(4, rows).astype(float)
    industry = draw.choice(["Steel", "Wood", "Glass", "Paper"], rows)
    country, budget = draw.choice(["DE", "FR", "US"], rows), draw.gamma(2.0, 1000.0, rows).round()
    rich = np.isin(industry, ["Steel", "Wood"]) & (budget >= 2000)
    log_odds = -2.4 + 1.39 * demo + 0.7 * rich - 0.35 * (country == "US") + 0.12 * (pages - 4)
    log_odds += 0.3 * (industry == "Paper")
    values = {"demo_requested": demo.astype(object), "industry": industry.astype(object)}
    values |= {"country": country.astype(object), "budget": budget, "pages": pages}
    return pd.DataFrame(values), (draw.random(rows) < sigmoids(log_odds)).astype(np.float64)


def scorer(rows: int, seed: int, recipe: Recipe, agreement: Agreement = AGREEMENT) -> Scorer:
    values, y = leads(rows, seed)
    features = plan_of(agreement)
    return Scorer(features, fit_recipe(features, many(features, values), y, recipe), "logistic")


@pytest.mark.parametrize("few", [60, 150, 300])
def test_it_is_no_worse_than_the_scorecard_and_better_than_one_that_knows_nothing_of_it(few: int) -> None:
    held_out, y = leads(HELD_OUT, 1000)
    matrix = many(plan_of(AGREEMENT), held_out)
    agreed = log_loss(y, scorecard_scorer(AGREEMENT).log_odds_table(held_out))
    losses = np.array([[lost(one, few, seed, matrix, y) for one in (STARTED, PLAIN)] for seed in SEEDS])
    over_scorecard, over_plain = losses[:, 0] - agreed, losses[:, 0] - losses[:, 1]
    assert over_scorecard.mean() <= 2 * error(over_scorecard)
    assert over_plain.mean() < -2 * error(over_plain)


def lost(recipe: Recipe, few: int, seed: int, held_out: pd.DataFrame, y: Array) -> float:
    blend = scorer(few, seed, recipe).blend
    return log_loss(y, blend.log_odds(blend.encoder.table(held_out)))


def error(values: Array) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def test_without_leads_to_tell_otherwise_each_rule_adds_the_points_that_were_agreed() -> None:
    held = Recipe(LogisticRecipe(1e-6, 0.3, towards_scorecard=True), None, logistic_share=1.0)
    held_out, _ = leads(200, 7)
    held_out.loc[::10, "industry"] = "Gold"
    said, agreed = scorer(150, 1, held).log_odds_table(held_out), scorecard_scorer(AGREEMENT).log_odds_table(held_out)
    assert np.ptp(said - agreed) < 1e-3  # but for the base rate, which the leads tell


def test_its_bundle_scores_alone_and_again_to_the_last_byte() -> None:
    made = scorer(150, 3, STARTED)
    values, _ = leads(150, 3)
    fields = AGREEMENT.form.fields
    files = bundle_files(made, fields, "Europe/Berlin", golden_leads(fields, values))
    data = pack(files)
    opened = open_bundle(verified_files(data, digest(data)), "conversion/1")
    assert bundle_files(opened, fields, "Europe/Berlin", golden_leads(fields, values)) == files
    held_out, _ = leads(50, 8)
    assert opened.log_odds_table(held_out).tolist() == made.log_odds_table(held_out).tolist()
    gold = {"industry": "Gold", "demo_requested": True, "budget": 10.0, "pages": 3.0, "country": "US"}
    told = {one.text: one.effect for one in opened.score(gold).contributions}
    assert told["Industry is Gold: yes"] == pytest.approx(3 * np.log(2), abs=0.05)
    assert opened.score(gold).log_odds == pytest.approx(opened.score(gold).base + sum(told.values()))


def test_few_leads_start_from_the_points_only_where_there_are_any() -> None:
    chosen = {}
    for agreement in (AGREEMENT, without_rules()):
        values, y = leads(300, 5)
        features = plan_of(agreement)
        protocol = forward_protocol(y, np.arange(300))
        assert protocol is not None
        stages = make_stages(features, many(features, values), y, protocol)
        setting, _ = search_logistic(stages, forward=True)
        chosen[len(agreement.scorecard.rules)] = setting.recipe.towards_scorecard
    assert chosen == {4: True, 0: False}


def without_rules() -> Agreement:
    bare = AGREEMENT.scorecard.model_copy(update={"rules": ()})
    return AGREEMENT.model_copy(update={"scorecard": bare})
