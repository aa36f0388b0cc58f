"""What was said of the team, whose turn it is, and what each person has taken and has at hand."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from leads.ledger import tables
from leads.ledger.person import put
from leads.team import Change

TEAM = 0x7465616D
"""The number of the team's lock on PostgreSQL."""
TAKING = ("assigned", "reassigned")


def team_changes(connection: Connection) -> list[Change]:
    """Oldest first."""
    here = tables.team_changes
    wanted = select(here.c.person, here.c.at, here.c.kind, here.c.said).order_by(here.c.id)
    return [Change(*row) for row in connection.execute(wanted)]


def record_change(connection: Connection, change: Change) -> None:
    row = change._asdict() | {"said": dict(change.said)}
    connection.execute(insert(tables.team_changes), row)


def lock_team(connection: Connection) -> None:
    """Until the transaction ends nobody else gives a lead to anybody, so that no cap is exceeded. PostgreSQL takes
    several writers at once; on SQLite there is one."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({TEAM})")


def credits(connection: Connection) -> dict[str, float]:
    """What the rotation owes each person, in leads."""
    here = tables.credits
    return {row.person: row.credit for row in connection.execute(select(here))}


def save_credits(connection: Connection, owed: Mapping[str, float]) -> None:
    """Under the team's lock; who is not named keeps theirs."""
    here = tables.credits
    rows = [{"person": person, "credit": credit} for person, credit in owed.items()]
    connection.execute(put(here, ["person"], connection), rows)


def taken_since(connection: Connection, moments: Mapping[str, datetime]) -> Counter[str]:
    """How many leads each of these people was given since a moment of their own, also those that others had before."""
    here, taken = tables.steps, Counter[str]()
    for moment in set(moments.values()):
        people = [person for person, since in moments.items() if since == moment]
        given = here.c.owner.in_(people) & here.c.kind.in_(TAKING) & (here.c.at >= moment)
        counted = select(here.c.owner, func.count(here.c.lead.distinct()).label("leads")).where(given)
        taken.update({row.owner: row.leads for row in connection.execute(counted.group_by(here.c.owner))})
    return taken


def at_hand(connection: Connection) -> dict[str, int]:
    """How many leads wait for each person's answer."""
    here = tables.assignments
    waiting = here.c.ended_at.is_(None) & here.c.answered_at.is_(None) & here.c.owner.is_not(None)
    counted = select(here.c.owner, func.count().label("leads")).where(waiting).group_by(here.c.owner)
    return {row.owner: row.leads for row in connection.execute(counted)}
