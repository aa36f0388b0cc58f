"""The nightly run that scores nurtured leads again: whose it is, and how far it came."""

from datetime import date, datetime, timedelta

from sqlalchemy import Connection, select, update

from leads.ledger import tables
from leads.ledger.person import unless_there

HELD = timedelta(minutes=2)
"""A process that is silent for so long has died."""


def take_night(connection: Connection, day: date, holder: str, now: datetime) -> str | None:
    """The lead up to which this night's run came, which is the holder's from now on; None where it is done, or another
    process is at it. A ledger's first night has nothing to do: all of its leads were decided just now."""
    here = tables.nights
    row = connection.execute(select(here).where(here.c.day == day).with_for_update()).first()
    if row is None:
        return _begun(connection, day, holder, now)
    if row.finished_at is not None or (row.holder != holder and row.held_until > now):
        return None
    connection.execute(update(here).where(here.c.day == day).values(holder=holder, held_until=now + HELD))
    reached: str = row.reached
    return reached


def _begun(connection: Connection, day: date, holder: str, now: datetime) -> str | None:
    """None also where another process was quicker."""
    here = tables.nights
    first = connection.execute(select(here.c.day).limit(1)).first() is None
    row = {"day": day, "reached": "", "holder": holder, "held_until": now + HELD}
    beginning = unless_there(connection, here, ["day"]).returning(here.c.day)  # an insert's rowcount may be unknown
    made = connection.scalar(beginning, row | {"finished_at": now if first else None})
    return "" if made is not None and not first else None


def reach(connection: Connection, day: date, holder: str, lead: str | None, now: datetime) -> None:
    """The leads up to this one are done; None: all are. Nothing where another process took the run over."""
    here = tables.nights
    mine = update(here).where(here.c.day == day, here.c.holder == holder, here.c.finished_at.is_(None))
    done = {"finished_at": now} if lead is None else {"reached": lead, "held_until": now + HELD}
    connection.execute(mine.values(done))


def night_done(connection: Connection, day: date) -> bool:
    here = tables.nights
    wanted = select(here.c.day).where(here.c.day == day, here.c.finished_at.is_not(None))
    return connection.execute(wanted).first() is not None
