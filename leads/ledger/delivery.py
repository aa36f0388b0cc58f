"""Who delivers a message, and what came of it. A lease says that a worker is at it; when the worker dies, the lease
ends and another sends the message again, under the same id."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, insert, or_, select, update

from leads.ledger import tables
from leads.ledger.book import Ledger
from leads.ledger.outbox import MessageState

Destination = str | None
"""A receiver's id; None for the mails, which all leave by one relay."""


class Outgoing(NamedTuple):
    """A message as it is sent. `attempts` counts those before; the secrets sign for `url`, newest first."""

    message: str
    created_at: datetime
    payload: str
    attempts: int
    receiver: str | None
    url: str | None
    secrets: tuple[str, ...]
    mail_to: str | None


class Lease(NamedTuple):
    by: str
    at: datetime
    until: datetime


class Attempt(NamedTuple):
    """What one attempt came to: a status, or the class of an error. What was answered is not kept."""

    at: datetime
    status: int | None
    error: str | None
    seconds: float


class Verdict(NamedTuple):
    """What follows from an attempt. `disable` says why the receiver wants no more."""

    state: MessageState
    due_at: datetime
    disable: str | None = None


def destinations_due(ledger: Ledger, now: datetime, mails: bool) -> list[Destination]:
    """Where something could be sent right now."""
    known, sent = tables.receivers, tables.messages
    waiting = select(sent.c.id).where(sent.c.receiver == known.c.id, _due(now)).exists()
    ready = select(known.c.id).where(known.c.disabled_at.is_(None), known.c.removed_at.is_(None), waiting)
    with ledger.reading() as connection:
        found: list[Destination] = list(connection.scalars(ready))
        if mails and connection.execute(select(sent.c.id).where(sent.c.receiver.is_(None), _due(now)).limit(1)).first():
            found.append(None)
    return found


def claim(
    connection: Connection, room: Mapping[Destination, int], lease: Lease, busy: Collection[str]
) -> list[Outgoing]:
    """At most so many messages for each destination, oldest first; `busy` are those which the worker is at already,
    so that a clock that jumps does not make it send them twice."""
    claimed = [
        message for destination, most in room.items() for message in _lock(connection, destination, most, lease, busy)
    ]
    if not claimed:
        return []
    sent, known = tables.messages, tables.receivers
    taken = update(sent).where(sent.c.id.in_(claimed))
    connection.execute(taken.values(leased_until=lease.until, leased_by=lease.by))
    columns = (known.c.url, known.c.secret, known.c.old_secret, known.c.old_secret_until)
    whole = select(sent, *columns).outerjoin(known, known.c.id == sent.c.receiver).where(sent.c.id.in_(claimed))
    return [_outgoing(row, lease.at) for row in connection.execute(whole.order_by(sent.c.due_at, sent.c.id))]


def record(connection: Connection, message: str, by: str, attempt: Attempt, verdict: Verdict) -> None:
    """The attempt is a fact in any case. The message follows it only if nobody else has taken it over, cancelled it or
    erased it meanwhile."""
    here = tables.messages
    row = connection.execute(select(here).where(here.c.id == message).with_for_update()).first()
    if row is None:
        return
    connection.execute(insert(tables.attempts), {"message": message, **attempt._asdict()})
    if row.state == "due" and row.leased_by == by:
        values: dict[str, Any] = {"state": verdict.state, "due_at": verdict.due_at, "attempts": row.attempts + 1}
        ended = attempt.at if verdict.state != "due" else None
        values |= {"leased_until": None, "leased_by": None, "finished_at": ended}
        connection.execute(update(here).where(here.c.id == message).values(values))
    if verdict.disable:
        _disable(connection, row.receiver, verdict.disable, attempt.at)


def release(connection: Connection, by: str) -> None:
    """Gives back what a worker that stops has not ended."""
    here = tables.messages
    own = update(here).where(here.c.state == "due", here.c.leased_by == by)
    connection.execute(own.values(leased_until=None, leased_by=None))


def _due(now: datetime) -> ColumnElement[bool]:
    here = tables.messages
    free = or_(here.c.leased_until.is_(None), here.c.leased_until <= now)
    return (here.c.state == "due") & (here.c.due_at <= now) & free


def _lock(
    connection: Connection, destination: Destination, most: int, lease: Lease, busy: Collection[str]
) -> list[str]:
    here = tables.messages
    due = select(here.c.id).where(here.c.receiver == destination, _due(lease.at), here.c.id.not_in(busy))
    return list(
        connection.scalars(due.order_by(here.c.due_at, here.c.id).limit(most).with_for_update(skip_locked=True))
    )


def _outgoing(row: Row[Any], now: datetime) -> Outgoing:
    overlaps = row.old_secret is not None and row.old_secret_until > now
    secrets = (row.secret, row.old_secret) if overlaps else (row.secret,) if row.secret else ()
    return Outgoing(row.id, row.created_at, row.payload, row.attempts, row.receiver, row.url, secrets, row.mail_to)


def _disable(connection: Connection, receiver: str | None, why: str, now: datetime) -> None:
    here = tables.receivers
    still = update(here).where(here.c.id == receiver, here.c.disabled_at.is_(None), here.c.removed_at.is_(None))
    connection.execute(still.values(disabled_at=now, disabled_why=why))
