"""What leads sent, and what was decided."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, select

from leads.lead import (
    SCORED_AGAIN,
    Assignment,
    Cause,
    Contribution,
    Decision,
    Engagement,
    Outcome,
    Route,
    Score,
    Step,
    Submission,
)
from leads.ledger import tables
from leads.ledger.assignment import assignment_of, steps_of
from leads.ledger.book import Ledger
from leads.ledger.engagement import engagements_of
from leads.ledger.outcome import outcomes_of


@dataclass(frozen=True, slots=True)
class Story:
    """Everything known of one lead, oldest first; `assignment` is where it stands, or stood last, with sales."""

    lead: str
    arrived_at: datetime
    submissions: tuple[Submission, ...]
    decisions: tuple[Decision, ...]
    steps: tuple[Step, ...]
    assignment: Assignment | None
    outcomes: tuple[Outcome, ...]
    engagements: tuple[Engagement, ...]


# Made once, because every lead waits for them.
_NEW_SUBMISSION, _NEW_DECISION = insert(tables.submissions), insert(tables.decisions)


def write_submission(connection: Connection, submission: Submission) -> None:
    connection.execute(_NEW_SUBMISSION, _submission_row(submission))


def write_decision(connection: Connection, decision: Decision) -> None:
    connection.execute(_NEW_DECISION, _decision_row(decision))


def write_submissions(connection: Connection, submissions: Iterable[Submission]) -> None:
    if rows := [_submission_row(submission) for submission in submissions]:
        connection.execute(_NEW_SUBMISSION, rows)


def write_decisions(connection: Connection, decisions: Iterable[Decision]) -> None:
    if rows := [_decision_row(decision) for decision in decisions]:
        connection.execute(_NEW_DECISION, rows)


def decision_by_id(ledger: Ledger, decision: str) -> Decision | None:
    with ledger.reading() as connection:
        row = connection.execute(select(tables.decisions).where(tables.decisions.c.id == decision)).first()
    return None if row is None else decision_of(row)


def decisions_by_id(connection: Connection, decisions: Iterable[str]) -> dict[str, Decision]:
    here = tables.decisions
    rows = connection.execute(select(here).where(here.c.id.in_(list(decisions))))
    return {row.id: decision_of(row) for row in rows}


def leads_ending_in(connection: Connection, ending: str, most: int) -> list[str]:
    """Looks at every lead: for people who have only the end of an id."""
    here = tables.leads
    at_the_end = here.c.id.endswith(ending, autoescape=True)
    return list(connection.scalars(select(here.c.id).where(at_the_end).order_by(here.c.id).limit(most)))


def last_decisions(ledger: Ledger, most: int) -> list[Decision]:
    """Newest first."""
    here = tables.decisions
    newest = select(here).order_by(here.c.decided_at.desc(), here.c.id.desc()).limit(most)
    with ledger.reading() as connection:
        return [decision_of(row) for row in connection.execute(newest)]


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
        return Story(
            lead,
            arrived,
            tuple(map(submission_of, submissions)),
            tuple(map(decision_of, decisions)),
            tuple(steps_of(connection, lead)),
            assignment_of(connection, lead),
            tuple(outcomes_of(connection, lead)),
            tuple(engagements_of(connection, lead)),
        )


def submissions_by_id(connection: Connection, submissions: Iterable[str]) -> dict[str, Submission]:
    here = tables.submissions
    rows = connection.execute(select(here).where(here.c.id.in_(list(submissions))))
    return {row.id: submission_of(row) for row in rows}


def newest_sent_first() -> tuple[ColumnElement[datetime], ColumnElement[str]]:
    """The order of submissions by when they were sent, which may be long before they were received."""
    here = tables.submissions
    return func.coalesce(here.c.submitted_at, here.c.received_at).desc(), here.c.id.desc()


def _submission_row(submission: Submission) -> dict[str, Any]:
    return {
        "id": submission.id,
        "lead": submission.lead,
        "received_at": submission.received_at,
        "submitted_at": submission.submitted_at,
        "form": dict(submission.form),
        "key": submission.key,
        "marks": list(submission.marks),
        "content": submission.content,
    }


def submission_of(row: Row[Any]) -> Submission:
    return Submission(
        id=row.id,
        lead=row.lead,
        received_at=row.received_at,
        form=row.form,
        key=row.key,
        submitted_at=row.submitted_at,
        marks=tuple(row.marks),
        content=row.content,
    )


_OF_SCORE = ("probability", "log_odds", "base", "scored_by", "model", "spread", "p_nurture")
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
    "cause",
    "degraded",
    "note",
    "price_number",
    "value",
    "minutes",
    "index",
    "lot",
    "ruled_by",
    "chosen",
    "track",
)


def latest_decision(connection: Connection, lead: str) -> Decision | None:
    here = tables.decisions
    newest = select(here).where(here.c.lead == lead).order_by(here.c.decided_at.desc(), here.c.id.desc()).limit(1)
    row = connection.execute(newest).first()
    return None if row is None else decision_of(row)


class Earlier(NamedTuple):
    """How a lead stood before a decision: its route, the one without any lot, and when a re-score last changed that."""

    route: Route | None
    chosen: Route | None
    changed_at: datetime | None


def routed_now(connection: Connection, lead: str) -> Earlier:
    return _earlier(connection.execute(_routes(lead)).all())


def routed_before(connection: Connection, decision: Decision) -> Earlier:
    here, at = tables.decisions, decision.decided_at
    earlier = (here.c.decided_at < at) | ((here.c.decided_at == at) & (here.c.id < decision.id))
    return _earlier(connection.execute(_routes(decision.lead).where(earlier)).all())


def _routes(lead: str) -> Select[tuple[Route, Route, Cause, datetime]]:
    """Oldest first."""
    here = tables.decisions
    chosen = func.coalesce(here.c.chosen, here.c.route).label("chosen")
    told = select(here.c.route, chosen, here.c.cause, here.c.decided_at).where(here.c.lead == lead)
    return told.order_by(here.c.decided_at, here.c.id)


def _earlier(rows: Sequence[Row[tuple[Route, Route, Cause, datetime]]]) -> Earlier:
    if not rows:
        return Earlier(None, None, None)
    changed = [
        after.decided_at
        for before, after in pairwise(rows)
        if after.cause in SCORED_AGAIN and after.chosen != before.chosen
    ]
    return Earlier(rows[-1].route, rows[-1].chosen, changed[-1] if changed else None)


def submission_by_id(connection: Connection, submission: str) -> Submission:
    return submission_of(
        connection.execute(select(tables.submissions).where(tables.submissions.c.id == submission)).one()
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


def decision_of(row: Row[Any]) -> Decision:
    values = row._mapping
    contributions = tuple(Contribution(**contribution) for contribution in row.contributions)
    score = Score(contributions=contributions, **{name: values[name] for name in _OF_SCORE})
    return Decision(score=score, features=row.features, **{name: values[name] for name in _OF_DECISION})
