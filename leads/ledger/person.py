"""People, by keyed digests of their addresses and numbers: which lead somebody is, and who objected."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Insert, Table, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from leads.lead import lead_id
from leads.ledger import tables
from leads.ledger.book import Ledger


def digests(ledger: Ledger, identities: Sequence[str]) -> tuple[str, ...]:
    """HMAC-SHA256 under the ledger's salt: without it, nobody can try addresses until one fits."""
    return tuple(digest(ledger.salt, identity) for identity in identities)


def digest(salt: bytes, text: str) -> str:
    return hmac.new(salt, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def lead_of_person(
    connection: Connection, people: Sequence[str], arrived_at: datetime, company: str | None = None
) -> str:
    """The lead that this person is, made when nobody sent a form under the first digest before. Two processes that meet
    the same person at once agree on one lead, and one waits for the other: what is decided hangs on what was."""
    new, person = lead_id(), people[0] if people else None
    row = {"id": new, "arrived_at": arrived_at, "person": person, "company": company}
    if person is None:
        connection.execute(insert(tables.leads), row)
        return new
    connection.execute(unless_there(connection, tables.leads, ["person"]), row)
    there = select(tables.leads.c.id).where(tables.leads.c.person == person)
    lead: str | None = connection.scalar(there.with_for_update())
    if lead is None:  # erased just now
        return lead_of_person(connection, people, arrived_at, company)
    rows = [{"digest": each, "lead": lead} for each in people]
    connection.execute(unless_there(connection, tables.identities, ["digest", "lead"]), rows)
    return lead


def company_of_lead(connection: Connection, lead: str) -> str | None:
    """The digest of its company's domain."""
    company: str | None = connection.scalar(select(tables.leads.c.company).where(tables.leads.c.id == lead))
    return company


def leads_of(connection: Connection, people: Sequence[str]) -> list[str]:
    here = tables.identities
    wanted = select(here.c.lead).where(here.c.digest.in_(people)).distinct().order_by(here.c.lead)
    return list(connection.scalars(wanted))


def objects(connection: Connection, people: Sequence[str]) -> bool:
    """Whether this person's last word was an objection to being scored by a model. What was said of the person, who
    comes first, counts before what was said of a number, which colleagues share."""
    for same in (people[:1], people[1:]):
        here = tables.objections
        said = select(here.c.objects).where(here.c.digest.in_(same)).order_by(here.c.id.desc()).limit(1)
        if same and (word := connection.scalar(said)) is not None:
            return bool(word)
    return False


def object_(connection: Connection, people: Sequence[str], objects: bool) -> None:
    said_at = datetime.now(UTC)
    rows: list[dict[str, Any]] = [{"digest": each, "objects": objects, "said_at": said_at} for each in people]
    connection.execute(insert(tables.objections), rows)


def put(table: Table, key: Sequence[str], connection: Connection) -> Insert:
    """An insert that changes the row instead where its key is there already."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    made = dialect.insert(table)
    others = {column.name: made.excluded[column.name] for column in table.columns if column.name not in key}
    changed: Insert = made.on_conflict_do_update(index_elements=list(key), set_=others)
    return changed


def unless_there(connection: Connection, table: Table, key: Sequence[str]) -> Insert:
    """An insert that leaves a row alone whose key is there already."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    made: Insert = dialect.insert(table).on_conflict_do_nothing(index_elements=list(key))
    return made
