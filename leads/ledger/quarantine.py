"""Leads that wait because a bot seems to have sent them, and the same words from many people."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Select, and_, or_, select

from leads.lead import Decision, Submission
from leads.ledger import tables
from leads.ledger.decision import decision_of, submission_by_id


class Quarantined(NamedTuple):
    submission: Submission
    decision: Decision


def quarantined(connection: Connection, limit: int, after: str | None = None) -> list[Quarantined]:
    """Leads whose newest decision is the quarantine, newest first; those after the lead that a page ended with."""
    here, later = tables.decisions, tables.decisions.alias()
    newer = select(later.c.id).where(
        later.c.lead == here.c.lead,
        or_(
            later.c.decided_at > here.c.decided_at,
            and_(later.c.decided_at == here.c.decided_at, later.c.id > here.c.id),
        ),
    )
    wanted = select(here).where(here.c.route == "quarantine", ~newer.exists())
    if after is not None:
        wanted = wanted.where(here.c.id < _last_quarantine(after).scalar_subquery())
    rows = connection.execute(wanted.order_by(here.c.id.desc()).limit(limit)).all()
    return [Quarantined(submission_by_id(connection, row.submission), decision_of(row)) for row in rows]


def was_quarantined(connection: Connection, lead: str) -> bool:
    return connection.scalar(_last_quarantine(lead)) is not None


def others_who_wrote(
    connection: Connection, content: str | None, since: datetime, people: Sequence[str], most: int
) -> int:
    """How many leads beside this person's sent the same words since then, counted up to `most`."""
    if content is None:
        return 0
    sent, lead = tables.submissions, tables.leads
    same = select(sent.c.lead).join(lead, lead.c.id == sent.c.lead)
    same = same.where(sent.c.content == content, sent.c.received_at >= since)
    if people:
        same = same.where(lead.c.person.is_distinct_from(people[0]))
    return len(connection.scalars(same.distinct().limit(most)).all())


def _last_quarantine(lead: str) -> Select[tuple[str]]:
    here = tables.decisions
    of_lead = select(here.c.id).where(here.c.lead == lead, here.c.route == "quarantine")
    return of_lead.order_by(here.c.id.desc()).limit(1)
