"""Labels that wait: the loss, and what trees and the logistic learn by it."""

from dataclasses import replace

import numpy as np
import pytest

from models.boosting import Rows, TreesRecipe, boost, fit_trees, fit_watched
from models.encoder import Array, Encoder, LevelColumn, NumberColumn
from models.likelihood import HESSIAN_FLOOR, base_rate, derivatives, losses
from models.logistic import Logistic, LogisticRecipe, fit_logistic
from models.scorer import sigmoids
from models.tree_text import check_tree_text
from models.trees import Trees

ENCODER = Encoder([NumberColumn("size"), NumberColumn("pages"), LevelColumn("source", ("ads", "mail", "web"))])
RECIPE = TreesRecipe(rounds=40)
# LightGBM draws a tree's columns once more where it is given a loss, so that the same seed gives other columns.
EVERY_COLUMN = replace(RECIPE, feature_fraction=1.0)


def drawn(leads: int, seed: int = 1) -> tuple[Array, Array]:
    """Rows of the encoder's columns, and the true log-odds."""
    numbers = np.random.default_rng(seed)
    X = np.column_stack([numbers.normal(size=(leads, 2)), numbers.integers(0, 5, leads)])
    X[numbers.random(leads) < 0.1, 1] = np.nan
    return X, -1.8 + 0.9 * X[:, 0] + 0.5 * np.nan_to_num(X[:, 1]) + 0.4 * (X[:, 2] == 3)


def labelled(leads: int, seed: int = 1) -> tuple[Rows, Array]:
    """Half of the leads are young: the older half is all known, of the others F(age) falls to nothing."""
    X, truth = drawn(leads, seed)
    chance = np.random.default_rng(seed + 1)
    maturity = np.clip(np.linspace(2, 0, leads), 0, 1)
    seen = chance.random(leads) < sigmoids(truth) * maturity
    return Rows(X, seen.astype(float), maturity=maturity), truth


def loss_at(y: float, log_odds: float, maturity: float) -> float:
    p = 1 / (1 + np.exp(-log_odds))
    return float(-np.log(p) if y else -np.log1p(-p * maturity))


@pytest.mark.parametrize("maturity", [1e-6, 0.1, 0.5, 0.9, 0.999, 1.0])
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_derivatives_are_those_of_the_loss(y: float, maturity: float) -> None:
    z = np.linspace(-8, 8, 65)
    same, step = np.full(len(z), y), 1e-4
    known = np.full(len(z), maturity)
    found = derivatives(same, z, known)
    assert losses(same, z, known) == pytest.approx([loss_at(y, one, maturity) for one in z], abs=1e-9)
    rise = losses(same, z + step, known) - losses(same, z - step, known)
    assert found.gradient == pytest.approx(rise / (2 * step), abs=1e-5)
    ahead, behind = (derivatives(same, z + one, known).gradient for one in (step, -step))
    p = sigmoids(z)
    floor = HESSIAN_FLOOR * maturity * p * (1 - p) if y == 0 else np.full(len(z), -np.inf)
    assert found.hessian == pytest.approx(np.maximum((ahead - behind) / (2 * step), floor), abs=1e-5)
    assert (found.hessian > 0).all()


def test_where_every_lead_is_mature_it_is_log_loss() -> None:
    y, z = np.array([0.0, 1.0, 0.0, 1.0]), np.array([-700.0, 0.3, 2.0, 700.0])
    ones = np.ones(4)
    assert losses(y, z, ones) == pytest.approx(losses(y, z))
    assert derivatives(y, z, ones).gradient == pytest.approx(sigmoids(z) - y)


def test_a_lead_of_no_age_says_nothing_and_ever_more_while_nothing_happens() -> None:
    y, z = np.zeros(3), np.full(3, 0.5)
    found = derivatives(y, z, np.array([0.0, 0.4, 1.0]))
    assert found.gradient[0] == found.hessian[0] == losses(y, z, np.zeros(3))[0] == 0
    assert np.all(np.diff(found.gradient) > 0)


def test_the_base_rate_counts_young_leads_in_part() -> None:
    rows, truth = labelled(20_000)
    assert base_rate(rows.y, rows.maturity) == pytest.approx(sigmoids(truth).mean(), rel=0.08)
    assert rows.y.mean() < 0.8 * sigmoids(truth).mean()


@pytest.mark.parametrize("weighed", [False, True])
def test_trees_of_mature_leads_are_those_of_plain_training(weighed: bool) -> None:
    X, truth = drawn(3000)
    y = (np.random.default_rng(2).random(3000) < sigmoids(truth)).astype(float)
    weight = np.linspace(0.2, 1.8, 3000) if weighed else None
    plain = fit_trees(ENCODER, Rows(X, y, weight), EVERY_COLUMN)
    waiting = fit_trees(ENCODER, Rows(X, y, weight, np.ones(3000)), EVERY_COLUMN)
    assert waiting.fold_log_odds(X) == pytest.approx(plain.fold_log_odds(X), abs=1e-6)
    assert waiting.fold_contributions(X[:50]) == pytest.approx(plain.fold_contributions(X[:50]), abs=1e-6)


def test_the_curve_of_mature_leads_is_that_of_plain_training() -> None:
    rows, _ = labelled(3000)
    judge, _ = labelled(1500, seed=7)
    mature = Rows(rows.X, rows.y, maturity=np.ones(3000))
    _, plain = fit_watched(ENCODER, Rows(rows.X, rows.y), EVERY_COLUMN, Rows(judge.X, judge.y), patience=10)
    _, same = fit_watched(ENCODER, mature, EVERY_COLUMN, Rows(judge.X, judge.y, maturity=np.ones(1500)), patience=10)
    assert same == pytest.approx(plain, abs=1e-9)


@pytest.mark.parametrize("waiting", [False, True], ids=["all known", "some young"])
@pytest.mark.parametrize("patience", [10, 500], ids=["stopped early", "grown to the end"])
def test_every_tree_stays_also_those_after_the_least_loss(waiting: bool, patience: int) -> None:
    rows, judge = (labelled(leads, seed)[0] for leads, seed in ((1500, 1), (800, 7)))
    if not waiting:
        rows, judge = (replace(one, maturity=None) for one in (rows, judge))
    hasty = replace(RECIPE, rounds=120, learning_rate=0.3, num_leaves=31, min_data_in_leaf=5)
    booster, curve = fit_watched(ENCODER, rows, hasty, judge, patience)
    assert int(np.argmin(curve)) + 1 < len(curve) == booster.num_trees()
    for rounds in (1, int(np.argmin(curve)) + 1, len(curve)):
        said = booster.predict(judge.X, raw_score=True, num_iteration=rounds)
        assert curve[rounds - 1] == pytest.approx(losses(judge.y, said, judge.maturity).mean(), abs=1e-9)


def test_trees_of_young_leads_stay_the_same_as_text_that_a_bundle_takes() -> None:
    rows, _ = labelled(3000)
    trees = fit_trees(ENCODER, rows, RECIPE)
    texts = trees.to_texts()
    for text in texts:
        check_tree_text("trees.txt", text, columns=3)
    assert np.array_equal(Trees.from_texts(texts).log_odds(rows.X), trees.log_odds(rows.X))
    told = trees.fold_contributions(rows.X[:200])
    assert told.sum(axis=2) == pytest.approx(trees.fold_log_odds(rows.X[:200]), abs=1e-9)


def test_trees_that_find_nothing_say_the_base_rate() -> None:
    y = (np.arange(400) % 10 == 0).astype(float)
    maturity = np.where(np.arange(400) % 2, 0.5, 1.0)
    rows = Rows(np.zeros((400, 3)), y, maturity=maturity)
    said = boost(ENCODER, rows, RECIPE.parameters(0), 5).predict(rows.X, raw_score=True)
    assert sigmoids(said) == pytest.approx(np.full(400, 40 / 300))


def plain_logistic(rows: Rows, maturity: Array | None, weight: Array | None = None) -> Logistic:
    return fit_logistic(ENCODER, rows.X, rows.y, LogisticRecipe(), weight, maturity)


@pytest.mark.parametrize("weighed", [False, True])
def test_the_logistic_of_mature_leads_is_that_of_plain_training(weighed: bool) -> None:
    X, truth = drawn(3000)
    rows = Rows(X, (np.random.default_rng(2).random(3000) < sigmoids(truth)).astype(float))
    weight = np.linspace(0.2, 1.8, 3000) if weighed else None
    plain, waiting = plain_logistic(rows, None, weight), plain_logistic(rows, np.ones(3000), weight)
    assert sigmoids(waiting.log_odds(X)) == pytest.approx(sigmoids(plain.log_odds(X)), abs=1e-9)


@pytest.mark.parametrize("learned", ["trees", "logistic"])
def test_young_leads_taken_for_negatives_say_too_little_and_waiting_labels_the_truth(learned: str) -> None:
    rows, truth = labelled(12_000)

    def said(maturity: Array | None) -> Array:
        if learned == "trees":
            return fit_trees(ENCODER, Rows(rows.X, rows.y, maturity=maturity), RECIPE).log_odds(rows.X)
        return plain_logistic(rows, maturity).log_odds(rows.X)

    naive, waiting = said(None), said(rows.maturity)
    p = sigmoids(truth)
    excess = [float((losses(p, z) - losses(p, truth)).mean()) for z in (naive, waiting)]
    assert sigmoids(naive).mean() < 0.82 * p.mean()
    assert sigmoids(waiting).mean() == pytest.approx(p.mean(), rel=0.06)
    assert excess[1] < 0.6 * excess[0]
