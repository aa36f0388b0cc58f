"""Messages on their way out. A message is written in the transaction of the decision that it tells of."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, insert, select

from leads.lead import Announcement, message_id
from leads.ledger import tables


def post(connection: Connection, announcement: Announcement, lead: str | None, decision: str | None) -> None:
    """One message for each receiver that wants the event, and one for each address."""
    at = announcement.at
    common = {"event": announcement.event, "lead": lead, "decision": decision, "created_at": at, "due_at": at}
    rows = [
        {"id": message_id(), "receiver": None, "mail_to": None, "state": "due", "attempts": 0} | common | target
        for target in (*_webhooks(connection, announcement), *_mails(announcement))
    ]
    if rows:
        connection.execute(insert(tables.messages), rows)


_RECEIVERS = select(tables.receivers.c.id, tables.receivers.c.events).where(
    tables.receivers.c.disabled_at.is_(None), tables.receivers.c.removed_at.is_(None)
)


def _webhooks(connection: Connection, announcement: Announcement) -> Iterator[dict[str, Any]]:
    wanting = [row.id for row in connection.execute(_RECEIVERS) if announcement.event in row.events]
    if not wanting:
        return
    body = {"type": announcement.event, "timestamp": announcement.at.isoformat(), "data": dict(announcement.data)}
    payload = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    yield from ({"receiver": receiver, "payload": payload} for receiver in wanting)


def _mails(announcement: Announcement) -> Iterator[dict[str, Any]]:
    if announcement.mail is None:
        return
    payload = json.dumps(dict(announcement.mail), ensure_ascii=False)
    yield from ({"mail_to": address, "payload": payload} for address in announcement.mail_to)
