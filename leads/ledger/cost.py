"""What marketing spent, by month, source and campaign."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from leads.ledger import tables
from leads.ledger.person import put


class Cost(NamedTuple):
    """`month` is such as 2026-10; `campaign` is empty for what a source cost beside its campaigns."""

    month: str
    source: str
    campaign: str
    cost: float


def put_costs(connection: Connection, told: Sequence[Cost], now: datetime) -> int:
    """They take the place of what was said of the same months, sources and campaigns; how many say something new."""
    known = set(costs_between(connection, min(one.month for one in told), max(one.month for one in told)))
    new = [one._asdict() | {"told_at": now} for one in told if one not in known]
    if new:
        connection.execute(put(tables.costs, ["month", "source", "campaign"], connection), new)
    return len(new)


def costs_between(connection: Connection, first: str, last: str) -> list[Cost]:
    """Of these months, both included."""
    here = tables.costs
    wanted = select(here.c.month, here.c.source, here.c.campaign, here.c.cost)
    wanted = wanted.where(here.c.month >= first, here.c.month <= last)
    return [Cost(*row) for row in connection.execute(wanted.order_by(here.c.month, here.c.source, here.c.campaign))]
