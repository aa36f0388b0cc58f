"""Which rows of a history a model learns from, and whether it learns what a call adds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.overlap import Lessons, rows_to_learn_from
from training.retraining.history import History, known_at
from training.retraining.window import TooEarly, judging_window


def lessons_of(history: History) -> Lessons:
    """By the probability that each decision was made on. Whether they tell what a call adds is asked of the leads
    before those that judge: what was not known before them cannot be judged by them."""
    y, before = known_at(history, history.until).y, _before_those_that_judge(history)
    if history.recorded is None:
        return rows_to_learn_from(history.action, history.propensity, y, None, history.weight, before)
    probability = np.clip(history.recorded.probability, 1e-9, 1 - 1e-9)
    log_odds = np.log(probability / (1 - probability))
    return rows_to_learn_from(history.action, history.propensity, y, log_odds, history.weight, before)


def _before_those_that_judge(history: History) -> NDArray[np.bool_]:
    window = judging_window(history)
    return history.decided_at < (-np.inf if isinstance(window, TooEarly) else window.began)
