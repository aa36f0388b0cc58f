"""Leads that marketing nurtures, and what leads did since."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Select, and_, case, exists, func, or_, select, tuple_

from leads.lead import Cause
from leads.ledger import tables

AS_IT_WAS: tuple[Cause, ...] = ("rejected", "override", "returned")


class Engaged(NamedTuple):
    """One engagement as it was received; these are read in the order of the first three."""

    received_at: datetime
    lead: str = ""
    event: str = ""
    kind: str = ""
    known_at: datetime | None = None


def engaged_between(connection: Connection, after: Engaged, until: datetime, most: int) -> list[Engaged]:
    """What was received until then, of any lead, and only what comes after the one that is named. `known_at` is when
    both we knew it and it had happened: a sender's clock may be ahead of ours."""
    here = tables.engagements
    known_at = case((here.c.occurred_at > here.c.received_at, here.c.occurred_at), else_=here.c.received_at)
    order = (here.c.received_at, here.c.lead, here.c.event)
    later = or_(
        here.c.received_at > after.received_at,
        and_(here.c.received_at == after.received_at, here.c.lead > after.lead),
        and_(here.c.received_at == after.received_at, here.c.lead == after.lead, here.c.event > after.event),
    )
    wanted = select(*order, here.c.kind, known_at).where(
        here.c.received_at >= after.received_at, here.c.received_at <= until, later
    )
    return [Engaged(*row) for row in connection.execute(wanted.order_by(*order).limit(most))]


def out_of_sales(connection: Connection, leads: Collection[str]) -> set[str]:
    """Of these leads, those that marketing has, that sales has done with, or that wait for a person's look."""
    if not leads:
        return set()
    of_them = _out_of_sales(with_review=True).where(tables.decisions.c.lead.in_(leads))
    return set(connection.scalars(of_them))


def scored_at(connection: Connection, lead: str) -> datetime | None:
    """When the lead was last scored: what sales says of it, or a person, takes the score as it was."""
    here = tables.decisions
    scored = select(func.max(here.c.decided_at)).where(here.c.lead == lead, here.c.cause.not_in(AS_IT_WAS))
    found: datetime | None = connection.scalar(scored)
    return found


def nurtured(connection: Connection, after: str, most: int) -> list[str]:
    """Leads that marketing has, or that sales has done with, whose ids come after this one, in order; not those that
    were imported, on which nobody decided."""
    leads = _out_of_sales(with_review=False).where(tables.decisions.c.cause != "imported").subquery()
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
    """By its newest decision. What sales has done with is closed there."""
    here, later, stands = tables.decisions, tables.decisions.alias(), tables.assignments
    newer = tuple_(later.c.decided_at, later.c.id) > tuple_(here.c.decided_at, here.c.id)
    closed = exists().where(stands.c.lead == here.c.lead, stands.c.ended_at.is_not(None))
    out = or_(here.c.route == "nurture", and_(here.c.route.in_(("sales", "review")), closed))
    if with_review:
        out = or_(out, here.c.route == "review")
    newest = ~exists().where(later.c.lead == here.c.lead, newer)
    return select(here.c.lead).where(out, newest)
