"""What happened from a moment on, over all leads."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, exists, func, select

from leads.lead import Route, Step
from leads.ledger import tables
from leads.outcome import ENDED

OF_SALES: tuple[Route, ...] = ("sales", "review")


class Sent(NamedTuple):
    """A form and the route that it was given."""

    lead: str
    at: datetime
    route: Route


def sent_since(connection: Connection, since: datetime) -> list[Sent]:
    """Oldest first; each form is decided once when it comes."""
    sent, decided = tables.submissions, tables.decisions
    told = select(sent.c.lead, sent.c.received_at, decided.c.route).join(decided, decided.c.submission == sent.c.id)
    told = told.where(decided.c.decided_at >= since, decided.c.cause.in_(("submission", "kept")))
    return [Sent(*row) for row in connection.execute(told.order_by(sent.c.received_at, sent.c.id))]


def steps_since(connection: Connection, since: datetime) -> list[Step]:
    """In the order in which they were taken."""
    here = tables.steps
    wanted = select(*(here.c[name] for name in Step.__slots__)).where(here.c.at >= since)
    return [Step(*row) for row in connection.execute(wanted.order_by(here.c.id))]


def minutes_of_leads(connection: Connection, since: datetime) -> dict[str, float]:
    """What the leads of sales that were decided since then take of somebody's time."""
    here, decided = tables.assignments, tables.decisions
    wanted = select(here.c.lead, here.c.minutes).join(decided, decided.c.id == here.c.decision)
    return {row.lead: row.minutes for row in connection.execute(wanted.where(decided.c.decided_at >= since))}


def newest_decision_at(connection: Connection) -> datetime | None:
    moment: datetime | None = connection.scalar(select(func.max(tables.decisions.c.decided_at)))
    return moment


def leads_of_nobody(connection: Connection, since: datetime) -> list[str]:
    """Leads decided since then that are a matter for sales and stand neither with a person nor in the queue: there
    should be none."""
    newest = select(tables.decisions.c.lead, func.max(tables.decisions.c.id).label("id"))
    newest_of = newest.where(tables.decisions.c.decided_at >= since).group_by(tables.decisions.c.lead).subquery()
    here, stands, told = tables.decisions, tables.assignments, tables.outcomes
    stood = exists().where(stands.c.lead == here.c.lead, stands.c.ended_at.is_(None))
    ended = exists().where(told.c.lead == here.c.lead, told.c.type.in_(ENDED))
    wanted = select(here.c.lead).join(newest_of, newest_of.c.id == here.c.id)
    return list(connection.scalars(wanted.where(here.c.route.in_(OF_SALES), ~stood, ~ended)))
