"""What the outside hears of a decision, and what the page of the visitor is told."""

import json
from typing import Any
from zoneinfo import ZoneInfo

from leads.agreement import Agreement
from leads.lead import Announcement, Decision, Submission
from leads.ledger import Made
from serving import answers
from serving.delivery.mail import mail_of


def announcement(submission: Submission, made: Made, zone: ZoneInfo, agreement: Agreement) -> Announcement:
    """A receiver is told what a secret key is answered, what the lead sent, and why it was decided."""
    decision = made.decision
    unwanted = decision.route == "quarantine" or decision.cause == "kept"
    event = "lead.quarantined" if unwanted else "lead.decided"
    data: dict[str, Any] = {
        **answers.decision_body(decision, zone),
        "submission": submission.id,
        "decided_at": answers.time_told(decision.decided_at, zone),
        "cause": decision.cause,
        "form": dict(submission.form),
    }
    to_owner = made.placement.mail_to if made.placement is not None else None
    mail = mail_of(submission, decision, zone, agreement, to_owner)
    return Announcement(event, decision.decided_at, data, mail.to, mail.content)


def answer(decision: Decision, zone: ZoneInfo, to_page: bool) -> tuple[int, str]:
    """Status and body: a secret key hears the decision, a page only that the lead arrived."""
    body = answers.receipt(decision) if to_page else answers.decision_body(decision, zone)
    return 201, json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
