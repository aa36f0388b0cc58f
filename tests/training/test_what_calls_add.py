"""A model that knows who follows up, held against the truth of the simulated company: of the value that the best choice
of a fifth of the leads would gain, how much do its choices gain?"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from features import answer
from features.catalogue import ACTION, Feature, with_action
from models.boosting import Rows, TreesRecipe
from models.encoder import Array, fit_encoder
from models.logistic import LogisticRecipe
from models.scorer import sigmoids
from training.company.drawn import draw_leads
from training.company.outcomes import gained_value, oracle_routing
from training.company.world import World
from training.recipe import Recipe, fit_blend

WORLDS = {"aligned": World(), "sure things": replace(World(), align=-0.6)}
LEVELS = ("source", "industry", "country")
NUMBERS = (
    "size", "seniority", "demo_requested", "pricing_page_seen", "pages_viewed", "touches", "free_mail", "hour", "dow",
)  # fmt: skip
FEATURES = with_action(
    [Feature(key, key, key, "level", (key,), answer.level) for key in LEVELS]
    + [Feature(key, key, key, "number", (key,), answer.number) for key in NUMBERS]
)
SHARE = 0.2
SEEDS = (1, 2)


class Shares(NamedTuple):
    """Of the oracle's gain, by ranking leads by what a call adds times their value, and by the chance with a call."""

    by_difference: float
    by_chance: float


def matrix(leads: pd.DataFrame, sales: Array) -> pd.DataFrame:
    numbers = leads[list(NUMBERS)].astype(float)
    return pd.concat([leads[list(LEVELS)], numbers], axis=1).assign(route=sales)


def shares(world: World, recipe: Recipe, seed: int) -> Shares:
    past, new = draw_leads(world, 10_000, 182, seed), draw_leads(world, 15_000, 28, seed + 50)
    draw = np.random.default_rng(seed)
    sales = (draw.random(len(past)) < 0.5).astype(float)
    y = (draw.random(len(past)) < np.where(sales == 1, past["_p1"], past["_p0"])).astype(float)
    encoder = fit_encoder(FEATURES, matrix(past, sales))
    blend = fit_blend(encoder, Rows(encoder.table(matrix(past, sales)), y), recipe)
    p_sales, p_nurture = (
        sigmoids(blend.log_odds(encoder.table(matrix(new, np.full(len(new), route))))) for route in (1.0, 0.0)
    )
    best = gained_value(new, oracle_routing(new, SHARE))
    value = new["_ev"].to_numpy(float)
    return Shares(*(gained_value(new, top(rank * value)) / best for rank in (p_sales - p_nurture, p_sales)))


def top(rank: Array) -> np.ndarray:
    return rank >= np.quantile(rank, 1 - SHARE)


@pytest.mark.parametrize(
    "recipe", [Recipe(None, TreesRecipe()), Recipe(LogisticRecipe(), TreesRecipe())], ids=["trees", "blend"]
)
@pytest.mark.parametrize("world", list(WORLDS))
def test_calls_go_to_whom_they_help(world: str, recipe: Recipe) -> None:
    """Over three seeds trees reach .86 and .83, the blend .87 and .85; by the chance with a call it is .85 and .68."""
    found = np.array([shares(WORLDS[world], recipe, seed) for seed in SEEDS])
    by_difference, by_chance = found.mean(axis=0)
    assert by_difference >= 0.80
    assert (found[:, 0] > 0.78).all()
    assert by_difference > by_chance
    if world == "sure things":
        assert (found[:, 0] > found[:, 1] + 0.1).all()


def test_a_logistic_sees_that_a_call_helps_some_more_than_others() -> None:
    """One weight for the call alone would rank all leads by their chance."""
    found = [shares(WORLDS["sure things"], Recipe(LogisticRecipe(), None), seed) for seed in SEEDS]
    assert all(one.by_difference > 0.78 for one in found)


def test_the_action_needs_no_name_of_its_own() -> None:
    """A form may ask a question of that name."""
    asked = Feature("route", "route", "Route", "level", ("route",), answer.level)
    *_, action = with_action([asked])
    assert (action.name, action.field, action.inputs) == ("route_2", ACTION, (ACTION,))
    assert [action.function(value) for value in (1.0, 0.0)] == [True, False]
