"""Messages on their way out. A message is written in the transaction of the decision that it tells of."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, get_args

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from leads.lead import Announcement, message_id
from leads.ledger import tables
from leads.ledger.book import Ledger

MessageState = Literal["due", "delivered", "dead", "cancelled"]
"""It waits for an attempt, arrived, was given up, or is no longer wanted. Only dead ones need a person."""
MESSAGE_STATES: tuple[MessageState, ...] = get_args(MessageState)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message and how far it came; `receiver` or `mail_to`. What it says is not read."""

    message: str
    receiver: str | None
    mail_to: str | None
    event: str
    lead: str | None
    decision: str | None
    state: MessageState
    created_at: datetime
    due_at: datetime
    finished_at: datetime | None
    attempts: int
    last_at: datetime | None
    last_status: int | None
    last_error: str | None


class Backlog(NamedTuple):
    """What one receiver still has to get, or the people who are mailed (`receiver` None). `next_due` may lie in the
    future; what is held waits until its receiver is enabled."""

    receiver: str | None
    held: bool
    due: int
    dead: int
    next_due: datetime | None


def post(connection: Connection, announcement: Announcement, lead: str | None, decision: str | None) -> None:
    """One message for each receiver that wants the event, and one for each address."""
    post_all(connection, [announcement], lead, decision)


def post_all(
    connection: Connection, announcements: Sequence[Announcement], lead: str | None, decision: str | None
) -> None:
    """The receivers are asked for once, because every lead waits for that."""
    told = {"lead": lead, "decision": decision}
    receivers = {row.id: row.events for row in connection.execute(_RECEIVERS)}
    rows = [
        _row(announcement, target | told)
        for announcement in announcements
        for target in (*_webhooks(receivers, announcement), *_mails(announcement))
    ]
    if rows:
        connection.execute(insert(tables.messages), rows)


def post_to(connection: Connection, receiver: str, announcement: Announcement) -> str:
    """One message to one receiver; its id."""
    told = {"lead": None, "decision": None, "payload": _payload(announcement)}
    row = _row(announcement, told | {"receiver": receiver})
    connection.execute(insert(tables.messages), row)
    return str(row["id"])


def cancel_for_receiver(connection: Connection, receiver: str, now: datetime) -> int:
    here = tables.messages
    wanted = update(here).where(here.c.receiver == receiver, here.c.state.in_(("due", "dead")))
    return connection.execute(wanted.values(state="cancelled", finished_at=now)).rowcount


def hurry_for_receiver(connection: Connection, receiver: str, now: datetime) -> None:
    """Makes due now what waits for its next attempt."""
    here = tables.messages
    waiting = update(here).where(here.c.receiver == receiver, here.c.state == "due", here.c.due_at > now)
    connection.execute(waiting.values(due_at=now))


def replay(connection: Connection, message: str, now: datetime) -> bool | None:
    """Sends a message again, under its old id and with all its attempts anew. None where there is no such message,
    False where it was cancelled or its receiver is gone."""
    here = tables.messages
    row = connection.execute(select(here.c.state, here.c.receiver).where(here.c.id == message)).first()
    if row is None:
        return None
    if row.state == "cancelled" or _removed(connection, row.receiver):
        return False
    _send_again(connection, here.c.id == message, now)
    return True


def replay_dead(connection: Connection, receiver: str | None, now: datetime) -> int:
    """Sends all dead messages again, or those of one receiver; how many."""
    here = tables.messages
    wanted = here.c.state == "dead"
    return _send_again(connection, wanted & (here.c.receiver == receiver) if receiver else wanted, now)


def deliveries(
    ledger: Ledger, state: MessageState | None = None, limit: int = 100, after: str | None = None
) -> list[Delivery]:
    """Newest first; `after` is the last message of the page before."""
    here, tried, other = tables.messages, tables.attempts, tables.attempts.alias()
    newest = select(func.max(other.c.id)).where(other.c.message == here.c.id).scalar_subquery()
    came_to = (tried.c.at, tried.c.status, tried.c.error)
    found = select(here, *came_to).select_from(here.outerjoin(tried, tried.c.id == newest))
    if state:
        found = found.where(here.c.state == state)
    if after:
        found = found.where(here.c.id < after)
    with ledger.reading() as connection:
        return [_delivery(row) for row in connection.execute(found.order_by(here.c.id.desc()).limit(limit))]


def outbox_state(ledger: Ledger) -> list[Backlog]:
    """Each receiver that is still there, and last the mails."""
    sent, known = tables.messages, tables.receivers
    open_ones = sent.c.state.in_(("due", "dead"))
    counted = select(sent.c.receiver, sent.c.state, func.count(), func.min(sent.c.due_at)).where(open_ones)
    there = select(known.c.id, known.c.disabled_at).where(known.c.removed_at.is_(None)).order_by(known.c.id)
    with ledger.reading() as connection:
        counts = {
            (row[0], row[1]): (row[2], row[3])
            for row in connection.execute(counted.group_by(sent.c.receiver, sent.c.state))
        }
        held = {row.id: row.disabled_at is not None for row in connection.execute(there)}
    return [_backlog(receiver, held.get(receiver, False), counts) for receiver in (*held, None)]


def _backlog(
    receiver: str | None, held: bool, counts: Mapping[tuple[str | None, str], tuple[int, datetime]]
) -> Backlog:
    due, next_due = counts.get((receiver, "due"), (0, None))
    return Backlog(receiver, held, due, counts.get((receiver, "dead"), (0, None))[0], next_due)


_RECEIVERS = select(tables.receivers.c.id, tables.receivers.c.events).where(
    tables.receivers.c.disabled_at.is_(None), tables.receivers.c.removed_at.is_(None)
)


def _row(announcement: Announcement, target: Mapping[str, Any]) -> dict[str, Any]:
    at = announcement.at
    common = {"event": announcement.event, "created_at": at, "due_at": at, "state": "due", "attempts": 0}
    return {"id": message_id(), "receiver": None, "mail_to": None} | common | dict(target)


def _webhooks(receivers: Mapping[str, Sequence[str]], announcement: Announcement) -> Iterator[dict[str, Any]]:
    wanting = [receiver for receiver, events in receivers.items() if announcement.event in events]
    if wanting:
        payload = _payload(announcement)
        yield from ({"receiver": receiver, "payload": payload} for receiver in wanting)


def _payload(announcement: Announcement) -> str:
    """Whole, also where a long text makes it more than the 20 kB that Standard Webhooks advises: a receiver that sets a
    lower limit says so by its status, and a text that was cut would be wrong without anybody noticing."""
    body = {"type": announcement.event, "timestamp": announcement.at.isoformat(), "data": dict(announcement.data)}
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _mails(announcement: Announcement) -> Iterator[dict[str, Any]]:
    if announcement.mail is None:
        return
    payload = json.dumps(dict(announcement.mail), ensure_ascii=False)
    yield from ({"mail_to": address, "payload": payload} for address in announcement.mail_to)


def _removed(connection: Connection, receiver: str | None) -> bool:
    here = tables.receivers
    gone = select(here.c.id).where(here.c.id == receiver, here.c.removed_at.is_not(None))
    return connection.execute(gone).first() is not None


def _send_again(connection: Connection, which: ColumnElement[bool], now: datetime) -> int:
    anew = {"state": "due", "due_at": now, "attempts": 0, "finished_at": None}
    return connection.execute(update(tables.messages).where(which).values(anew)).rowcount


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        row.id,
        row.receiver,
        row.mail_to,
        row.event,
        row.lead,
        row.decision,
        row.state,
        row.created_at,
        row.due_at,
        row.finished_at,
        row.attempts,
        row.at,
        row.status,
        row.error,
    )
