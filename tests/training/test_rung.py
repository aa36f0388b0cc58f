"""The account of a retraining tells a team what it must wait for."""

import numpy as np
import pytest

from leads.lead import Rung
from training.retraining.window import JudgingWindow, TooEarly
from training.rung import next_rung

WINDOW = JudgingWindow(0.0, 1.0, np.arange(3))
EARLY = TooEarly("the oldest lead is 12 days old")


@pytest.mark.parametrize(
    ("rung", "window", "leads", "said"),
    [
        ("scorecard", EARLY, 0, "needs leads to be judged by: the oldest lead is 12 days old."),
        ("scorecard", WINDOW, 900, "A logistic needs to foresee better than the agreement's points"),
        ("logistic", WINDOW, 96, "Trees need 150 leads before each judged window; the ledger has 96."),
        ("logistic", WINDOW, 150, "There are leads enough for trees"),
        ("trees", WINDOW, 900, "No rung is richer"),
        ("blend", EARLY, 0, "No rung is richer"),
    ],
)
def test_what_the_next_rung_needs(rung: Rung, window: JudgingWindow | TooEarly, leads: int, said: str) -> None:
    assert said in next_rung(rung, window, leads)
