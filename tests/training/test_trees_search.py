"""What the audition says of trees is what as many trees say."""

import numpy as np
import pytest

from models.boosting import Rows, TreesRecipe
from models.encoder import Encoder, NumberColumn
from training.stage import Stage
from training.trees_search import TreesSetting, try_trees

ENCODER = Encoder([NumberColumn("size"), NumberColumn("pages")])


def labelled(leads: int, seed: int) -> Rows:
    chance = np.random.default_rng(seed)
    X = chance.normal(size=(leads, 2))
    return Rows(X, (chance.random(leads) < 1 / (1 + np.exp(1 - X[:, 0]))).astype(float))


def test_the_loss_is_that_of_the_rounds_chosen_not_of_those_that_the_judged_rows_liked_best() -> None:
    stage = Stage(ENCODER, labelled(600, 1), labelled(400, 11), forward=True)
    hasty = TreesRecipe(rounds=80, learning_rate=0.3, num_leaves=31, min_data_in_leaf=5)
    found = try_trees([stage], TreesSetting(hasty, None))  # one stage alone is no reason to leave the usual number
    assert found.setting.recipe.rounds == 80 > int(np.argmin(found.curve)) + 1
    assert found.tried.loss == pytest.approx(found.curve[-1], abs=1e-9)
