"""Leads whose latest decision the champion could not score, and which are to be scored again."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, exists, select, tuple_

from leads.ledger import tables
from leads.ledger.book import Ledger
from leads.ledger.decision import latest_decision
from leads.ledger.rights import hold

AS_WISHED = "no-consent"
"""Degraded because the person wants it so."""


class Degraded(NamedTuple):
    lead: str
    decision: str
    decided_at: datetime


def degraded_decisions(ledger: Ledger, since: datetime, most: int) -> list[Degraded]:
    """Oldest first. What a person said, and what waits for a person as a bot, stays as it is."""
    here, later = tables.decisions, tables.decisions.alias()
    newer = tuple_(later.c.decided_at, later.c.id) > tuple_(here.c.decided_at, here.c.id)
    wanted = (
        select(here.c.lead, here.c.id, here.c.decided_at)
        .where(here.c.degraded.is_not(None), here.c.degraded != AS_WISHED, here.c.decided_at >= since)
        .where(here.c.cause != "override", here.c.route != "quarantine")
        .where(~exists().where(later.c.lead == here.c.lead, newer))
        .order_by(here.c.decided_at, here.c.id)
        .limit(most)
    )
    with ledger.reading() as connection:
        return [Degraded(*row) for row in connection.execute(wanted)]


def still_latest(connection: Connection, degraded: Degraded) -> bool:
    """It stays so until the transaction ends."""
    hold(connection, degraded.lead)
    latest = latest_decision(connection, degraded.lead)
    return latest is not None and latest.id == degraded.decision
