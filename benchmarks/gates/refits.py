"""How far a recipe moves when it is fitted again with the window's leads among the others, and if that goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from features.catalogue import Feature
from features.matrix import many, plan
from leads.agreement import parse_agreement
from leads.table import read_values
from models.boosting import TreesRecipe
from models.encoder import Array
from models.logistic import LogisticRecipe
from training.company.forms import FORM
from training.company.world import World
from training.gates.gate import Gate
from training.gates.refit import near
from training.recipe import Recipe, fit_recipe
from training.simulate import history, simulate

AGREEMENT = parse_agreement("""
[goal]
within_days = 120
value = 3000
[form.fields]
country = { kind = "country" }
industry = { kind = "category" }
employees = { kind = "number" }
source = { kind = "category" }
demo_requested = { kind = "flag" }
pricing_page_seen = { kind = "flag" }
pages_viewed = { kind = "number" }
touches = { kind = "number" }
""")
RECIPES = {
    "logistic": Recipe(LogisticRecipe(), None),
    "trees": Recipe(None, TreesRecipe()),
    "blend": Recipe(LogisticRecipe(), TreesRecipe()),
}
SIZES = (3_000, 5_000, 10_000)
WINDOW = 0.15
"""The window's share of the history: eight weeks of a year."""


class Refit(NamedTuple):
    recipe: str
    leads: int
    seed: int
    honest: Gate
    broken: Gate
    """The refit's labels stood one row off."""


def played(leads: int, seed: int, recipes: tuple[str, ...] = tuple(RECIPES)) -> Iterator[Refit]:
    features, matrix, y = _past(leads, seed)
    older = leads - round(WINDOW * leads)
    for name in recipes:
        judged = _scores(features, matrix, y, name, older)
        honest, broken = (near(judged, _scores(features, matrix, labels, name, leads)) for labels in (y, np.roll(y, 1)))
        yield Refit(name, leads, seed, honest, broken)


def _scores(features: tuple[Feature, ...], matrix: pd.DataFrame, y: Array, recipe: str, learned: int) -> Array:
    """Log-odds of the window's leads after learning from the first rows."""
    blend = fit_recipe(features, matrix.iloc[:learned], y[:learned], RECIPES[recipe])
    return np.asarray(blend.log_odds(blend.encoder.table(matrix.iloc[len(y) - round(WINDOW * len(y)) :])))


def _past(leads: int, seed: int) -> tuple[tuple[Feature, ...], pd.DataFrame, Array]:
    table = history(World(), simulate(World(), leads, 365, seed), seed)
    values = read_values(
        table[[name for name in FORM if name in AGREEMENT.form.fields]].astype(object), AGREEMENT
    ).values
    features = plan(AGREEMENT.form.fields, "Europe/Berlin")
    return features, many(features, values), table["converted"].to_numpy(float)
