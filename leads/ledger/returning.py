"""When leads that sales gave back for a while come back to it."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from leads.ledger import tables


class Return(NamedTuple):
    lead: str
    at: datetime
    reason: str


def put_return(connection: Connection, lead: str, told: Return | None) -> None:
    """None where it does not come back by itself. Whoever says it holds the lead."""
    here = tables.returns
    connection.execute(delete(here).where(here.c.lead == lead))
    if told is not None:
        connection.execute(insert(here), told._asdict())


def due_returns(connection: Connection, now: datetime, most: int) -> list[Return]:
    """The longest due first."""
    here = tables.returns
    wanted = select(here).where(here.c.at <= now).order_by(here.c.at, here.c.lead).limit(most)
    return [Return(**row._mapping) for row in connection.execute(wanted)]
