"""What the outside hears of a decision, and what the page of the visitor is told."""

import json
from typing import Any
from zoneinfo import ZoneInfo

from leads.agreement import Agreement
from leads.lead import Announcement, Decision, Submission
from leads.ledger import Made
from serving import answers
from serving.delivery.mail import mail_of
from serving.feedback.answer_links import AnswerLinks


def announcements(
    submission: Submission, made: Made, zone: ZoneInfo, agreement: Agreement, links: AnswerLinks | None = None
) -> tuple[Announcement, ...]:
    """What is told of a decision: a lead to nurture is told to the marketing tool by itself."""
    told = announcement(submission, made, zone, agreement, links)
    decision = made.decision
    if decision.route != "nurture" or decision.cause == "kept":
        return (told,)
    data = {name: told.data[name] for name in ("lead", "decision", "band", "reasons")}
    data |= {"track": decision.track, "since": answers.time_told(made.since, zone)}
    return (told, Announcement("lead.nurture", decision.decided_at, data))


def announcement(
    submission: Submission, made: Made, zone: ZoneInfo, agreement: Agreement, links: AnswerLinks | None = None
) -> Announcement:
    """A receiver is told what a secret key is answered, what the lead sent, and why it was decided; the owner by mail
    also how to answer."""
    decision = made.decision
    unwanted = decision.route == "quarantine" or decision.cause == "kept"
    event = "lead.quarantined" if unwanted else "lead.decided"
    data: dict[str, Any] = {
        **answers.decision_body(decision, zone),
        "submission": submission.id,
        "decided_at": answers.time_told(decision.decided_at, zone),
        "cause": decision.cause,
        "changed": decision.note if decision.cause in ("engagement", "nightly") else None,
        "form": dict(submission.form),
    }
    to_owner = made.placement.mail_to if made.placement is not None else None
    mail = mail_of(submission, decision, zone, agreement, to_owner, _link(made, links))
    return Announcement(event, decision.decided_at, data, mail.to, mail.content)


def _link(made: Made, links: AnswerLinks | None) -> str | None:
    stands = made.placement.assignment if made.placement is not None else None
    if links is None or stands is None or stands.ended_at is not None:
        return None
    return links.to(stands.lead, made.decision.id, stands.owner, made.decision.decided_at)


def answer(decision: Decision, zone: ZoneInfo, to_page: bool) -> tuple[int, str]:
    """Status and body: a secret key hears the decision, a page only that the lead arrived."""
    body = answers.receipt(decision) if to_page else answers.decision_body(decision, zone)
    return 201, json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
