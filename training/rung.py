"""What scores now, and what the next rung needs: scorecard → logistic → trees and their blend. The gates alone decide
who serves; this says when there is enough to try."""

from __future__ import annotations

import numpy as np

from leads.lead import Rung
from training.audition import ENOUGH_FOR_TREES
from training.retraining.history import History, known_at
from training.retraining.study import curve_at
from training.retraining.window import TooEarly, Window, judging_window
from training.splits import forward_splits


def next_rung(rung: Rung, window: Window | TooEarly, leads: int) -> str:
    """`leads` as `fewest_leads` counts them."""
    if rung in ("trees", "blend"):
        return "No rung is richer; a newer model must foresee better, or as well on newer leads."
    if isinstance(window, TooEarly):
        return f"The next rung needs leads to be judged by: {window.why}."
    if rung == "scorecard":
        return "A logistic needs to foresee better than the agreement's points, on leads that it has not seen."
    if leads < ENOUGH_FOR_TREES:
        return f"Trees need {ENOUGH_FOR_TREES} leads before each judged window; the ledger has {leads:,}."
    return (
        "There are leads enough for trees; they, or their blend with a logistic, need to foresee better than it does."
    )


def what_is_next(rung: Rung, history: History) -> str:
    """The same, of what the ledger knew when the history was read."""
    window = judging_window(history)
    return next_rung(rung, window, 0 if isinstance(window, TooEarly) else fewest_leads(history, window))


def fewest_leads(history: History, window: Window) -> int:
    """The fewest that any of the audition's windows has before it, of those that the audition judges by."""
    others = ~np.isin(history.person, history.person[window.rows])
    older = np.flatnonzero((history.decided_at < window.began) & others)
    counts = list[int]()
    for split in forward_splits(len(older), history.person[older]):
        moment = history.decided_at[older[split.judge[0]]]
        known = known_at(history, moment).y[older[split.fit]]
        if curve_at(history, moment).whole and 0 < known.sum() < len(known):
            counts.append(len(known))
    return min(counts, default=0)
