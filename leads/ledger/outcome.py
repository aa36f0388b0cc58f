"""What people say became of leads."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from leads.lead import Outcome
from leads.ledger import tables
from leads.outcome import in_order


def outcomes_of(connection: Connection, lead: str) -> list[Outcome]:
    """As they happened."""
    here = tables.outcomes
    wanted = select(*(here.c[name] for name in Outcome.__slots__)).where(here.c.lead == lead)
    return in_order(Outcome(**row._mapping) for row in connection.execute(wanted))


def events_told(connection: Connection, leads: Iterable[str]) -> set[tuple[str, str]]:
    """Each lead with the id of each event that was told of it."""
    here = tables.outcomes
    told = select(here.c.lead, here.c.event).where(here.c.lead.in_(list(leads)))
    return {(row.lead, row.event) for row in connection.execute(told)}


def write_outcome(connection: Connection, outcome: Outcome) -> None:
    """Whoever writes one holds the lead, so nobody tells the same event in between."""
    connection.execute(insert(tables.outcomes), asdict(outcome))


def write_outcomes(connection: Connection, outcomes: Iterable[Outcome]) -> None:
    if rows := [asdict(outcome) for outcome in outcomes]:
        connection.execute(insert(tables.outcomes), rows)


def conversions_told(connection: Connection, key: str, since: datetime, most: int) -> list[bool]:
    """What this key told since then, the newest first and at most so many: whether each is left out."""
    here = tables.outcomes
    told = select(here.c.left_out).where(here.c.key == key, here.c.received_at > since, here.c.type == "converted")
    return list(connection.scalars(told.order_by(here.c.received_at.desc(), here.c.id.desc()).limit(most)))


def leave_out_conversions(connection: Connection, key: str, since: datetime) -> int:
    """Training takes none that this key told since then; how many that are."""
    here = tables.outcomes
    told = update(here).where(here.c.key == key, here.c.received_at > since, here.c.type == "converted")
    return connection.execute(told.where(here.c.left_out.is_(False)).values(left_out=True)).rowcount


def arrival_of(connection: Connection, lead: str) -> datetime | None:
    """When the lead sent its first form, which may have been imported later; None where it is not there."""
    here, sent = tables.leads, tables.submissions
    moment: datetime | None = connection.scalar(select(here.c.arrived_at).where(here.c.id == lead))
    first = select(func.min(func.coalesce(sent.c.submitted_at, sent.c.received_at))).where(sent.c.lead == lead)
    return min(moment, connection.scalar(first) or moment) if moment is not None else None
