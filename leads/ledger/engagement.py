"""What leads did after their form."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, Select, insert, select

from leads.lead import Engagement
from leads.ledger import tables

_COLUMNS = tuple(tables.engagements.c[name] for name in Engagement.__slots__)


def write_engagement(connection: Connection, engagement: Engagement) -> None:
    """Whoever writes one holds the lead, so nobody tells the same event in between."""
    connection.execute(insert(tables.engagements), asdict(engagement))


def engagements_of(connection: Connection, lead: str, known_until: datetime | None = None) -> list[Engagement]:
    """As they happened, without those that were received later than `known_until`."""
    rows = connection.execute(_known(known_until).where(tables.engagements.c.lead == lead))
    return [Engagement(**row._mapping) for row in rows]


def engagements_of_leads(
    connection: Connection, leads: Iterable[str], known_until: datetime | None = None
) -> dict[str, list[Engagement]]:
    """As `engagements_of`; a lead without any has an empty list."""
    found: dict[str, list[Engagement]] = {lead: [] for lead in leads}
    for row in connection.execute(_known(known_until).where(tables.engagements.c.lead.in_(list(found)))):
        found[row.lead].append(Engagement(**row._mapping))
    return found


def engagements_named(connection: Connection, lead: str, events: Iterable[str]) -> dict[str, Engagement]:
    """Those of the lead that have these ids, by id."""
    here = tables.engagements
    named = select(*_COLUMNS).where(here.c.lead == lead, here.c.event.in_(list(events)))
    return {row.event: Engagement(**row._mapping) for row in connection.execute(named)}


def engagements_told(connection: Connection, leads: Iterable[str]) -> set[tuple[str, str]]:
    """Each lead with the id of each event that was told of it."""
    here = tables.engagements
    told = select(here.c.lead, here.c.event).where(here.c.lead.in_(list(leads)))
    return {(row.lead, row.event) for row in connection.execute(told)}


def _known(until: datetime | None) -> Select[tuple[object, ...]]:
    here = tables.engagements
    wanted = select(*_COLUMNS).order_by(here.c.occurred_at, here.c.event)
    return wanted if until is None else wanted.where(here.c.received_at <= until)
