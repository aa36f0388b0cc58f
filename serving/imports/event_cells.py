"""The cells of a row that tells an event: of which lead, when, and what; and what is wrong with them."""

import hashlib
from datetime import datetime
from zoneinfo import ZoneInfo

from leads.csv_rows import Flaw
from leads.fields import plain
from leads.kinds import text_of
from leads.lead import Engagement, Outcome
from leads.ledger import Connection, arrival_of, digests, leads_of
from leads.person import identities_of_text
from leads.row_table import Row
from serving.deciding.intake import Intake
from serving.feedback.telling import LEAD
from serving.imports.header import EventColumns
from serving.imports.past_lead import Wrong, moment_in, within_the_day
from serving.problems import Place


class EventCells:
    def __init__(self, intake: Intake, columns: EventColumns, now: datetime) -> None:
        self.ledger = intake.ledger
        self.columns = columns
        self.now = now
        self.zone = ZoneInfo(intake.agreement.sales.timezone)
        self._told: dict[bytes, bytes] = {}

    def lead(self, connection: Connection, row: Row) -> str:
        if "lead" in self.columns.of_key:
            return self.text(row, "lead") or ""
        people = identities_of_text(self.text(row, "person") or "")
        found = leads_of(connection, digests(self.ledger, people)) if people else []
        if len(found) == 1:
            return found[0]
        who = "several leads gave this" if found else "is nobody who is known here"
        raise Wrong(Flaw("unknown-lead", self.column("person"), who))

    def occurred_at(self, connection: Connection, row: Row, lead: str) -> datetime:
        at = moment_in(self.cell(row, "occurred_at"), self.column("occurred_at"), self.zone, self.now)
        arrived = arrival_of(connection, lead) if LEAD.fullmatch(lead) else None
        return within_the_day(at, arrived, self.zone) if arrived else at

    def once(self, event: Outcome | Engagement) -> None:
        """The same event twice in a table does no harm; with another content it does."""
        told = _short(event)
        if self._told.setdefault(_short(event.lead, event.event), told) != told:
            detail = "stands twice for this lead, with another content; give each event an id of its own"
            raise Wrong(Flaw("event-conflict", self.column("event"), detail))

    def wrong(self, place: Place) -> Flaw:
        """What reading it as one of the events of a call found."""
        key, detail = (place.pointer or "").rpartition("/")[2], place.detail
        return Flaw(place.code, self.column(key), detail.partition(" ")[2] if detail.startswith("events/") else detail)

    def text(self, row: Row, key: str) -> str | None:
        cell = plain(self.cell(row, key))
        return None if cell is None else text_of(cell).strip()

    def cell(self, row: Row, key: str) -> object:
        return row.cells.get(self.column(key))

    def column(self, key: str) -> str:
        return self.columns.of_key.get(key, key)


def _short(*told: object) -> bytes:
    return hashlib.blake2b(repr(told).encode("utf-8", "surrogatepass"), digest_size=12).digest()
