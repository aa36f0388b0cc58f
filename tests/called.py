"""Leads of the shared invented table that were called or not, by lot: a call helps those who came by search,
and partners buy anyway."""

import numpy as np
import pandas as pd

from features.catalogue import ACTION, with_action
from features.matrix import many, plan
from leads.agreement import Agreement
from leads.table import read_values
from models.encoder import Array
from models.scorer import Scorer
from training.recipe import Recipe, fit_recipe


def called_leads(leads: pd.DataFrame, agreement: Agreement, seed: int = 5) -> tuple[pd.DataFrame, Array]:
    """Their values, with who followed up, and who converted."""
    draw, values = np.random.default_rng(seed), read_values(leads.astype(object), agreement).values
    sales = (draw.random(len(leads)) < 0.5).astype(float)
    source = leads["source"]
    log_odds = np.where(source == "partner", 1.0, -2.0) + 2.0 * sales * (source == "search")
    y = (draw.random(len(leads)) < 1 / (1 + np.exp(-log_odds))).astype(float)
    return values.assign(**{ACTION: sales}), y


def scorer_of_both(recipe: Recipe, values: pd.DataFrame, y: Array, agreement: Agreement) -> Scorer:
    features = with_action(plan(agreement.form.fields, agreement.sales.timezone))
    blend = fit_recipe(features, many(features, values), y, recipe)
    return Scorer(features, blend, recipe.rung, "conversion/1")
