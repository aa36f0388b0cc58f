"""The agreements that sales and marketing signed, each with its number; the newest adoption is in force."""

from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from leads.ledger import tables
from leads.ledger.book import Ledger


class InForce(NamedTuple):
    number: int
    text: str


def adopt_agreement(ledger: Ledger, text: str, digest: str) -> int:
    """The same digest keeps its number, however often it is adopted."""
    with ledger.transaction() as connection:
        return _adopt(connection, text, digest)


def settle_agreement(ledger: Ledger, text: str, digest: str) -> InForce:
    """Adopts the text when nothing is in force or nothing was decided yet; otherwise what is in force stays."""
    with ledger.transaction() as connection:
        now = _in_force(connection)
        if now is not None and _same(connection, now, digest):
            return now
        decided = connection.scalar(select(tables.decisions.c.id).limit(1))
        if now is not None and decided is not None:
            return now
        return InForce(_adopt(connection, text, digest), text)


def agreement_in_force(ledger: Ledger) -> InForce | None:
    with ledger.reading() as connection:
        return _in_force(connection)


def agreement_text(ledger: Ledger, number: int) -> str | None:
    with ledger.reading() as connection:
        text: str | None = connection.scalar(
            select(tables.agreements.c.text).where(tables.agreements.c.number == number)
        )
    return text


def _in_force(connection: Connection) -> InForce | None:
    newest = (
        select(tables.agreements.c.number, tables.agreements.c.text)
        .join(tables.adoptions, tables.adoptions.c.agreement == tables.agreements.c.number)
        .order_by(tables.adoptions.c.id.desc())
        .limit(1)
    )
    row = connection.execute(newest).first()
    return None if row is None else InForce(row.number, row.text)


def _same(connection: Connection, now: InForce, digest: str) -> bool:
    here = tables.agreements
    return connection.scalar(select(here.c.digest).where(here.c.number == now.number)) == digest


def _adopt(connection: Connection, text: str, digest: str) -> int:
    now, moment = _in_force(connection), datetime.now(UTC)
    number = write_agreement(connection, text, digest, moment)
    if now is None or now.number != number:
        take_up(connection, number, moment)
    return number


def write_agreement(connection: Connection, text: str, digest: str, now: datetime) -> int:
    """Its number; an agreement that was written before keeps its own."""
    here = tables.agreements
    number: int | None = connection.scalar(select(here.c.number).where(here.c.digest == digest))
    if number is not None:
        return number
    written = insert(here).values(digest=digest, text=text, written_at=now)
    new: int = connection.scalars(written.returning(here.c.number)).one()
    return new


def take_up(connection: Connection, number: int, now: datetime) -> None:
    """From now on it is in force."""
    connection.execute(insert(tables.adoptions).values(agreement=number, adopted_at=now))
