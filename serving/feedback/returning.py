"""Leads that sales gave back for a while, such as not-now, and that come back to it when that is over."""

from leads.lead import Outcome
from leads.ledger import Return, due_returns
from serving.deciding.intake import Intake
from serving.feedback.answering import RETURNED
from serving.feedback.outcomes import tell

MOST = 500
"""Leads that one run brings back; what is left over waits for the next."""


def bring_back(intake: Intake) -> int:
    """Opens again what is due; how many. Any number of processes may do it at once: each return is told once, since its
    event says which one it is."""
    with intake.ledger.reading() as connection:
        due = due_returns(connection, intake.decider.now(), MOST)
    told = tell(intake, [_opened(one, intake) for one in due])
    return sum(not one.replayed and one.wrong is None for one in told)


def _opened(due: Return, intake: Intake) -> Outcome:
    """It happens at its date; the ledger knows it now."""
    event = f"{RETURNED}{due.at:%Y%m%dT%H%M%S.%f}"
    return Outcome(due.lead, event, "reopened", due.at, intake.decider.now(), due.reason, None, None)
