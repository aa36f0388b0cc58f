"""One row of a table of engagements: the same that POST /v1/engagements takes, under the same rules."""

import hashlib
import json
from dataclasses import replace
from datetime import datetime

from leads.csv_rows import Flaw
from leads.lead import Engagement
from leads.ledger import Connection
from leads.row_table import Row
from serving.edge.engagement_body import PROPERTIES, item_of
from serving.edge.event_body import Source
from serving.engagements import foreseen
from serving.imports.event_cells import EventCells
from serving.imports.header import EventColumns
from serving.imports.past_lead import Wrong, moment_in
from serving.intake import Intake

WITHOUT = "-"
"""Stands for an id until there is one."""


class PastEngagements:
    """`key` is the caller's; None for a command."""

    def __init__(self, intake: Intake, columns: EventColumns, key: str | None, now: datetime) -> None:
        self.intake = intake
        self.key = key
        self.now = now
        self.cells = EventCells(intake, columns, now)

    def read(self, row: Row, ahead: bool) -> Engagement:
        """`ahead`: nothing of the table is written yet, so what telling it would find wrong is found now."""
        with self.intake.ledger.reading() as connection:
            engagement = self._engagement(connection, row)
            if ahead and (wrong := foreseen(connection, self.intake, engagement)):
                raise Wrong(Flaw(wrong.code, self.cells.column(wrong.field.rpartition("/")[2]), wrong.detail))
        if ahead:
            content = (engagement.kind, engagement.occurred_at, engagement.properties)
            self.cells.once(engagement.lead, engagement.event, *content)
        return engagement

    def _engagement(self, connection: Connection, row: Row) -> Engagement:
        cells = self.cells
        lead, properties = cells.lead(connection, row), self._properties(row)
        at = cells.occurred_at(connection, row, lead)
        told = {"lead": lead, "kind": cells.text(row, "kind"), "occurred_at": at.isoformat(), "properties": properties}
        named = cells.text(row, "event")
        told["event"] = named or WITHOUT
        item = item_of({name: value for name, value in told.items() if value is not None}, 0, Source("", self.now))
        if item.engagement is None:
            raise Wrong(*map(cells.wrong, item.wrong))
        return replace(item.engagement, event=named or _event(item.engagement), key=self.key)

    def _properties(self, row: Row) -> dict[str, str]:
        found = {name: text for name in PROPERTIES if (text := self.cells.text(row, name))}
        if "delivered_at" in found:
            column = self.cells.column("delivered_at")
            at = moment_in(self.cells.cell(row, "delivered_at"), column, self.cells.zone, self.now)
            found["delivered_at"] = at.isoformat()
        return found


def _event(read: Engagement) -> str:
    """An id for one that has none: the same again is the same, and two pages seen in the same second are two. Made of
    what is kept, since what a link carried of the person could be guessed from it."""
    about = json.dumps(read.properties, sort_keys=True).encode("utf-8", "surrogatepass")
    return f"{read.kind} {read.occurred_at.isoformat()} {hashlib.blake2b(about, digest_size=6).hexdigest()}"
