"""Leads that marketing nurtures, and those of them that did something new."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Select, and_, exists, func, or_, select, tuple_

from leads.ledger import tables


class Engaged(NamedTuple):
    """A lead, when the newest of its engagements was received, and how many were."""

    lead: str
    received_at: datetime
    events: int = 0


def engaged_between(
    connection: Connection, after: Engaged, until: datetime, most: int, kinds: Collection[str] = ()
) -> list[Engaged]:
    """Leads that sales does not have, with something received until then, of these kinds where some are named; those
    that waited longest first, and only those after the one that is named."""
    here, newest = tables.engagements, func.max(tables.engagements.c.received_at)
    wanted = select(here.c.lead, newest, func.count()).where(
        here.c.received_at >= after.received_at, here.c.received_at <= until
    )
    wanted = wanted.having(or_(newest > after.received_at, here.c.lead > after.lead))
    if kinds:
        wanted = wanted.where(here.c.kind.in_(kinds))
    wanted = wanted.where(here.c.lead.in_(_out_of_sales(with_review=True))).group_by(here.c.lead)
    return [Engaged(*row) for row in connection.execute(wanted.order_by(newest, here.c.lead).limit(most))]


def nurtured(connection: Connection, after: str, most: int) -> list[str]:
    """Leads that marketing has, or that sales has done with, whose ids come after this one, in order."""
    leads = _out_of_sales(with_review=False).subquery()
    wanted = select(leads.c.lead).where(leads.c.lead > after).order_by(leads.c.lead).limit(most)
    return list(connection.scalars(wanted))


def nurtured_since(connection: Connection, lead: str, track: str | None) -> datetime | None:
    """When a lead came into the track that it is in; None where it is not in it now."""
    here = tables.decisions
    told = select(here.c.route, here.c.track, here.c.decided_at).where(here.c.lead == lead)
    since = None
    for row in connection.execute(told.order_by(here.c.decided_at.desc(), here.c.id.desc())):
        if (row.route, row.track) != ("nurture", track):
            break
        since = row.decided_at
    return since


def _out_of_sales(with_review: bool) -> Select[tuple[str]]:
    """By its newest decision; nobody decided on an imported lead. What sales has done with is closed there."""
    here, later, stands = tables.decisions, tables.decisions.alias(), tables.assignments
    newer = tuple_(later.c.decided_at, later.c.id) > tuple_(here.c.decided_at, here.c.id)
    closed = exists().where(stands.c.lead == here.c.lead, stands.c.ended_at.is_not(None))
    out = or_(here.c.route == "nurture", and_(here.c.route.in_(("sales", "review")), closed))
    if with_review:
        out = or_(out, here.c.route == "review")
    newest = ~exists().where(later.c.lead == here.c.lead, newer)
    return select(here.c.lead).where(out, newest, here.c.cause != "imported")
