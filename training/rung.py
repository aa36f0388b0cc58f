"""What scores now, and what the next rung needs: scorecard → logistic → trees and their blend. The gates alone decide
who serves; this says when there is enough to try."""

from __future__ import annotations

from leads.lead import Rung
from training.audition import ENOUGH_FOR_TREES
from training.retraining.history import History
from training.retraining.study import older_rows, telling_splits
from training.retraining.window import JudgingWindow, TooEarly, judging_window


def next_rung(rung: Rung, window: JudgingWindow | TooEarly, leads: int) -> str:
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


def fewest_leads(history: History, window: JudgingWindow) -> int:
    """The fewest that any of the audition's windows has before it, of those that the audition judges by."""
    splits = telling_splits(history, older_rows(history, window))
    return min((len(split.fit) for split in splits), default=0)
