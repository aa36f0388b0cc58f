"""Which rows of a history a model learns from, and whether it learns what a call adds."""

from __future__ import annotations

import numpy as np

from training.overlap import Lessons, rows_to_learn_from
from training.retraining.history import History, known_at


def lessons_of(history: History) -> Lessons:
    """By the probability that each decision was made on. Young leads count too: those that judge are older than the
    horizon, so until then a recipe with the route among its inputs is judged by what it foresees without."""
    y = known_at(history, history.until).y
    if history.recorded is None:
        return rows_to_learn_from(history.action, history.propensity, y, weight=history.weight)
    probability = np.clip(history.recorded.probability, 1e-9, 1 - 1e-9)
    log_odds = np.log(probability / (1 - probability))
    return rows_to_learn_from(history.action, history.propensity, y, log_odds, history.weight)
