"""What a person did after the form, added to what the scorer said of the form."""

from leads.agreement import Agreement
from models.engaged import learned, with_points
from serving.scoring.live import Scored
from serving.scoring.thread import Row


def with_engagements(scored: Scored, engaged: Row, agreement: Agreement) -> Scored:
    """By the agreement's points, unless the scorer learned it; kept in the row either way."""
    if not engaged:
        return scored
    score = scored.score if learned(scored.row) else with_points(scored.score, engaged, agreement)
    return scored._replace(score=score, row={**engaged, **scored.row})
