"""What a retraining learns of one decision, by the history that it reads."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Literal

from leads.agreement import Agreement, parse_agreement
from leads.lead import Outcome, Submission
from leads.ledger.past import PastDecision
from leads.sections import SalesReason
from training.retraining.history import PastLead, history_of, known_at

Label = Literal[1, 0, "young", "left-out"]
"""Of one decision: converted within the horizon; not, and never will; it may yet; nothing to learn from."""
LEAD = "ld_1"


@cache
def agreed(within_days: int) -> Agreement:
    return parse_agreement(f"""
[goal]
conversion = "won"
value = 1000
within_days = {within_days}
[form.fields.email]
kind = "email"
""")


def label(
    outcomes: Iterable[Outcome],
    decided_at: datetime,
    horizon_days: int,
    reasons: Mapping[str, SalesReason],
    as_of: datetime,
) -> Label:
    """By `as_of`, from what was known then."""
    agreement = agreed(horizon_days)
    agreement = agreement.model_copy(update={"sales": agreement.sales.model_copy(update={"reasons": reasons})})
    submission = Submission("sub_1", LEAD, decided_at, {}, None)
    decision = PastDecision(
        "dec_1", LEAD, submission.id, decided_at, "sales", "submission", None, None, 0.1, None, None
    )
    lead = PastLead([decision], [submission], [one for one in outcomes if one.received_at <= as_of])
    history = history_of([(LEAD, lead)], [], (), agreement, as_of)
    if not len(history):
        return "left-out"
    known = known_at(history, history.until)
    if known.y[0]:
        return 1
    return 0 if known.age[0] >= horizon_days else "young"
