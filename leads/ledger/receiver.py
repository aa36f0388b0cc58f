"""Receivers of webhooks: where events are sent, which, and how they are signed."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from leads.lead import Announcement, receiver_id
from leads.ledger import tables
from leads.ledger.book import Ledger
from leads.ledger.outbox import cancel_for_receiver, hurry_for_receiver, post_to

Event = Literal[
    "lead.decided",
    "lead.quarantined",
    "lead.assigned",
    "lead.reminded",
    "lead.reassigned",
    "lead.escalated",
    "lead.returned",
    "lead.outcome",
    "lead.nurture",
    "lead.erased",
    "person.paused",
    "model.returned",
    "endpoint.test",
]
EVENTS: tuple[Event, ...] = get_args(Event)
USUAL_EVENTS: tuple[Event, ...] = (
    "lead.decided",
    "lead.assigned",
    "lead.reassigned",
    "lead.escalated",
    "lead.returned",
    "lead.erased",
)
"""Whoever follows them knows at any moment who has a lead."""
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Receiver:
    """A disabled receiver is sent nothing: what is decided meanwhile is never written for it, and what waited goes out
    once it is enabled. `due` and `dead` count its messages."""

    id: str
    url: str
    events: tuple[str, ...]
    label: str | None
    created_at: datetime
    disabled_at: datetime | None
    disabled_why: str | None
    last_success: datetime | None
    due: int
    dead: int


def add_receiver(
    connection: Connection, url: str, now: datetime, events: Sequence[str] = USUAL_EVENTS, label: str | None = None
) -> tuple[str, str]:
    """Its id and its secret; the URL has been checked by then."""
    receiver, secret = receiver_id(), _new_secret()
    row = {"id": receiver, "url": url, "events": list(events), "label": label, "secret": secret, "created_at": now}
    connection.execute(insert(tables.receivers), row)
    return receiver, secret


def receivers(ledger: Ledger) -> list[Receiver]:
    with ledger.reading() as connection:
        return [_receiver(row) for row in connection.execute(_described().order_by(tables.receivers.c.id))]


def receiver_by_id(connection: Connection, receiver: str) -> Receiver | None:
    row = connection.execute(_described().where(tables.receivers.c.id == receiver)).first()
    return None if row is None else _receiver(row)


def change_receiver(connection: Connection, receiver: str, **changes: Any) -> bool:
    """False where there is no such receiver. `changes` are columns: url, events, label."""
    return _update(connection, receiver, changes)


def disable_receiver(connection: Connection, receiver: str, why: str, now: datetime) -> bool:
    return _update(connection, receiver, {"disabled_at": now, "disabled_why": why})


def enable_receiver(connection: Connection, receiver: str, now: datetime) -> bool:
    """What waited for it is due at once, whatever wait had been agreed with the time before."""
    hurry_for_receiver(connection, receiver, now)
    return _update(connection, receiver, {"disabled_at": None, "disabled_why": None})


def remove_receiver(connection: Connection, receiver: str, now: datetime) -> bool:
    """Its row stays, because facts of the past name it; its secrets do not, and what waits for it is cancelled."""
    gone = {"removed_at": now, "secret": "", "old_secret": None, "old_secret_until": None}
    removed = _update(connection, receiver, gone)
    if removed:
        cancel_for_receiver(connection, receiver, now)
    return removed


def roll_secret(connection: Connection, receiver: str, overlap: timedelta, now: datetime) -> str | None:
    """The new secret; the old one signs beside it until the overlap is over. None where there is no such receiver."""
    here = tables.receivers
    row = connection.execute(select(here.c.secret).where(here.c.id == receiver, here.c.removed_at.is_(None))).first()
    if row is None:
        return None
    secret = _new_secret()
    _update(connection, receiver, {"secret": secret, "old_secret": row.secret, "old_secret_until": now + overlap})
    return secret


def post_test(connection: Connection, receiver: str, now: datetime) -> str:
    """A message that proves the way, to this receiver alone, whatever events it wants."""
    return post_to(connection, receiver, Announcement("endpoint.test", now, {"endpoint": receiver}))


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _update(connection: Connection, receiver: str, values: dict[str, Any]) -> bool:
    here = tables.receivers
    known = update(here).where(here.c.id == receiver, here.c.removed_at.is_(None))
    return connection.execute(known.values(values)).rowcount == 1


def _described() -> Select[Any]:
    here, sent = tables.receivers, tables.messages
    of_it = select(func.count()).select_from(sent).where(sent.c.receiver == here.c.id)
    last = select(func.max(sent.c.finished_at)).where(sent.c.receiver == here.c.id, sent.c.state == "delivered")
    return select(
        here,
        of_it.where(sent.c.state == "due").scalar_subquery().label("due"),
        of_it.where(sent.c.state == "dead").scalar_subquery().label("dead"),
        last.scalar_subquery().label("last_success"),
    ).where(here.c.removed_at.is_(None))


def _receiver(row: Row[Any]) -> Receiver:
    return Receiver(
        row.id,
        row.url,
        tuple(row.events),
        row.label,
        row.created_at,
        row.disabled_at,
        row.disabled_why,
        row.last_success,
        row.due,
        row.dead,
    )
