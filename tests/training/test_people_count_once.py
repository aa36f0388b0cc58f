"""What one person wrote many times stands in no model, whichever way it is fitted."""

import numpy as np
import pandas as pd

from features.matrix import Feature
from models.encoder import RARE
from models.logistic import LogisticRecipe
from training.recipe import Recipe, fit_recipe
from training.splits import Split
from training.stage import Facts, make_stage

SOURCE = Feature("source", "source", "source", "level", ("source",), lambda value: value)
LEADS = pd.DataFrame({"source": pd.Series(["often"] * 60 + ["hers alone"] * RARE + [None] * 20, dtype=object)})
PERSON = np.array([*range(60), *[500] * RARE, *range(600, 620)])
Y = (np.arange(len(LEADS)) % 3 == 0).astype(float)


def test_of_a_model() -> None:
    recipe = Recipe(LogisticRecipe(), None)
    known, unknown = (fit_recipe([SOURCE], LEADS, Y, recipe, person=person) for person in (PERSON, None))
    assert "hers alone" in str(unknown.encoder.to_json())
    assert "hers alone" not in str(known.encoder.to_json())
    assert "often" in str(known.encoder.to_json())


def test_of_a_stage() -> None:
    order = np.random.default_rng(1).permutation(len(LEADS))  # no row stands at its person's place
    fit, judge = np.flatnonzero(order < 85), np.flatnonzero(order >= 85)
    split = Split(fit, judge)
    facts = Facts(Y[fit]), Facts(Y[judge])
    shuffled, person = LEADS.iloc[order], PERSON[order]
    stage = make_stage([SOURCE], shuffled, split, *facts, forward=True, person=person)
    assert "hers alone" not in str(stage.encoder.to_json())
    assert "hers alone" in str(make_stage([SOURCE], shuffled, split, *facts, forward=True).encoder.to_json())
