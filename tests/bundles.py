"""A trained bundle for the agreement that the tests of the service use, made without MLflow in about a second."""

from functools import cache

import numpy as np
import pandas as pd

from features.matrix import many, plan
from leads.agreement import parse_agreement
from leads.ledger import champion, open_ledger, promote, save_bundle
from leads.table import read_values
from models.boosting import TreesRecipe
from models.bundle import Files, bundle_files, pack
from models.logistic import LogisticRecipe
from models.scorer import Scorer
from training.golden import golden_leads
from training.recipe import Recipe, fit_recipe


def past_leads(rows: int = 400, seed: int = 1) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    country, industry = draw.choice(["DE", "FR", "US"], rows), draw.choice(["Steel", "Wood"], rows)
    budget, demo = draw.gamma(2.0, 400.0, rows).round(), draw.random(rows) < 0.3
    log_odds = -2 + 1.5 * demo + 1.0 * (country == "DE") + budget / 1000
    return pd.DataFrame(
        {
            "email": [f"person{number}@example.com" for number in range(rows)],
            "country": country,
            "industry": industry,
            "budget": np.where(draw.random(rows) < 0.1, None, budget.astype(object)),
            "demo_requested": np.where(demo, "yes", "no"),
            "converted": (draw.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(int),
        }
    )


@cache
def trained(agreement: str, rounds: int = 8, seed: int = 1) -> Files:
    """The files of a blend; each seed gives another model."""
    fields, table = parse_agreement(agreement).form.fields, past_leads(seed=seed)
    values = read_values(table.astype(object), parse_agreement(agreement)).values
    features = plan(fields, "Europe/Berlin")
    recipe = Recipe(LogisticRecipe(), TreesRecipe(rounds=rounds, min_data_in_leaf=10))
    blend = fit_recipe(features, many(features, values), table["converted"].to_numpy(dtype=float), recipe)
    return bundle_files(Scorer(features, blend, "blend"), fields, "Europe/Berlin", golden_leads(fields, values))


def promoted(database: str, data: bytes) -> int:
    """Makes these bytes champion, whatever they are."""
    ledger = open_ledger(database)
    number = save_bundle(ledger, data, {})
    promote(ledger, number, champion(ledger), "test")
    ledger.close()
    return number


def promoted_model(database: str, agreement: str, seed: int = 1) -> int:
    return promoted(database, pack(trained(agreement, seed=seed)))
