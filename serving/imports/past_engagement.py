"""One row of a table of engagements: the same that POST /v1/engagements takes, under the same rules."""

import hashlib
import json
from dataclasses import replace

from leads.lead import Engagement
from leads.ledger import Connection
from leads.row_table import Row
from serving.edge.engagement_body import PROPERTIES, sent_lead_engagement
from serving.edge.event_body import Source, item_of
from serving.imports.event_cells import EventCells
from serving.imports.past_lead import Wrong, moment_in

WITHOUT = "-"
"""Stands for an id until there is one."""


def past_engagement(connection: Connection, row: Row, cells: EventCells) -> Engagement:
    lead, properties = cells.lead(connection, row), _properties(row, cells)
    at = cells.occurred_at(connection, row, lead)
    told = {"lead": lead, "kind": cells.text(row, "kind"), "occurred_at": at.isoformat(), "properties": properties}
    named = cells.text(row, "event")
    told["event"] = named or WITHOUT
    sent = {name: value for name, value in told.items() if value is not None}
    item = item_of(sent, 0, sent_lead_engagement, Source("", cells.now))
    if item.event is None:
        raise Wrong(*map(cells.wrong, item.wrong))
    return item.event if named else replace(item.event, event=_event(item.event))


def _properties(row: Row, cells: EventCells) -> dict[str, str]:
    found = {name: text for name in PROPERTIES if (text := cells.text(row, name))}
    if "delivered_at" in found:
        at = moment_in(cells.cell(row, "delivered_at"), cells.column("delivered_at"), cells.zone, cells.now)
        found["delivered_at"] = at.isoformat()
    return found


def _event(read: Engagement) -> str:
    """An id for one that has none: the same again is the same, and two pages seen in the same second are two. Made of
    what is kept, since what a link carried of the person could be guessed from it."""
    about = json.dumps(read.properties, sort_keys=True).encode("utf-8", "surrogatepass")
    return f"{read.kind} {read.occurred_at.isoformat()} {hashlib.blake2b(about, digest_size=6).hexdigest()}"
