import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from benchmarks.metrics import bootstrap_intervals, headline, top_decile_lift


def test_the_headline_agrees_with_scikit_learn_on_scores_with_ties() -> None:
    random = np.random.default_rng(7)
    probability = np.clip(np.round(random.random(3_000), 2), 0.01, 0.99)
    converted = (random.random(3_000) < probability).astype(np.float64)
    found = headline(converted, probability)
    assert found["log_loss"] == pytest.approx(log_loss(converted, probability))
    assert found["brier"] == pytest.approx(brier_score_loss(converted, probability))
    assert found["roc_auc"] == pytest.approx(roc_auc_score(converted, probability))
    assert found["ece"] < 0.03


def test_a_constant_score_has_a_lift_of_one_in_any_order_of_the_file() -> None:
    converted = np.array([1.0] * 10 + [0.0] * 90)
    assert top_decile_lift(converted, np.full(100, 0.1)) == pytest.approx(1.0)
    assert top_decile_lift(converted, converted * 0.5) == pytest.approx(10.0)


def test_the_bootstrap_interval_holds_the_mean_and_repeats_itself() -> None:
    differences = np.random.default_rng(1).normal(0.01, 0.1, (2_000, 2))
    first, again = (bootstrap_intervals(differences, 200, seed=3) for _ in range(2))
    assert first == again
    assert all(low < mean < high for (low, high), mean in zip(first, differences.mean(axis=0), strict=True))
