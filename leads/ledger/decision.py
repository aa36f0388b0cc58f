"""Leads, what they sent, and what was decided."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select

from leads.lead import Contribution, Decision, Score, Submission
from leads.ledger import tables
from leads.ledger.book import Ledger


@dataclass(frozen=True, slots=True)
class Story:
    """Everything known of one lead, oldest first."""

    lead: str
    arrived_at: datetime
    submissions: tuple[Submission, ...]
    decisions: tuple[Decision, ...]


def record(ledger: Ledger, submission: Submission, decision: Decision) -> None:
    """Both or neither; on the disk when this returns. A lead not seen before begins with its first submission."""
    with ledger.transaction() as connection:
        write(connection, submission, decision)


# Made once, because every lead waits for them.
_KNOWN_LEAD = select(tables.leads.c.id).where(tables.leads.c.id == bindparam("lead"))
_NEW_LEAD, _NEW_SUBMISSION, _NEW_DECISION = insert(tables.leads), insert(tables.submissions), insert(tables.decisions)


def write(connection: Connection, submission: Submission, decision: Decision) -> None:
    if connection.scalar(_KNOWN_LEAD, {"lead": submission.lead}) is None:
        connection.execute(_NEW_LEAD, {"id": submission.lead, "arrived_at": submission.received_at})
    connection.execute(_NEW_SUBMISSION, _submission_row(submission))
    connection.execute(_NEW_DECISION, _decision_row(decision))


def decision_by_id(ledger: Ledger, decision: str) -> Decision | None:
    with ledger.reading() as connection:
        row = connection.execute(select(tables.decisions).where(tables.decisions.c.id == decision)).first()
    return None if row is None else _decision(row)


def lead_story(ledger: Ledger, lead: str) -> Story | None:
    sent, decided = tables.submissions, tables.decisions
    with ledger.reading() as connection:
        arrived = connection.scalar(select(tables.leads.c.arrived_at).where(tables.leads.c.id == lead))
        if arrived is None:
            return None
        submissions = connection.execute(
            select(sent).where(sent.c.lead == lead).order_by(sent.c.received_at, sent.c.id)
        )
        decisions = connection.execute(
            select(decided).where(decided.c.lead == lead).order_by(decided.c.decided_at, decided.c.id)
        )
        return Story(lead, arrived, tuple(map(_submission, submissions)), tuple(map(_decision, decisions)))


def _submission_row(submission: Submission) -> dict[str, Any]:
    return {
        "id": submission.id,
        "lead": submission.lead,
        "received_at": submission.received_at,
        "form": dict(submission.form),
        "key": submission.key,
    }


def _submission(row: Row[Any]) -> Submission:
    return Submission(id=row.id, lead=row.lead, received_at=row.received_at, form=row.form, key=row.key)


_OF_SCORE = ("probability", "log_odds", "base", "scored_by", "model", "spread")
_OF_DECISION = (
    "id",
    "lead",
    "submission",
    "decided_at",
    "horizon_days",
    "band",
    "route",
    "owner",
    "respond_by",
    "agreement",
    "price",
    "propensity",
)


def _decision_row(decision: Decision) -> dict[str, Any]:
    row = {name: getattr(decision, name) for name in _OF_DECISION}
    row |= {name: getattr(decision.score, name) for name in _OF_SCORE}
    row["contributions"] = [
        {"feature": told.feature, "field": told.field, "text": told.text, "effect": told.effect}
        for told in decision.score.contributions
    ]
    row["features"] = dict(decision.features)
    return row


def _decision(row: Row[Any]) -> Decision:
    values = row._mapping
    contributions = tuple(Contribution(**contribution) for contribution in row.contributions)
    score = Score(contributions=contributions, **{name: values[name] for name in _OF_SCORE})
    return Decision(score=score, features=row.features, **{name: values[name] for name in _OF_DECISION})
