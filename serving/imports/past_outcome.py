"""One row of a table of outcomes: the same that POST /v1/outcomes takes, under the same rules."""

import hashlib
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic_core import PydanticCustomError

from leads.csv_rows import Flaw
from leads.fields import plain
from leads.kinds import number_of, text_of
from leads.lead import Outcome
from leads.ledger import Connection, arrival_of, digests, leads_of
from leads.person import identities_of_text
from leads.row_table import Row
from serving.edge.outcome_body import Source, item_of
from serving.imports.header import OutcomeColumns
from serving.imports.past_lead import Wrong, moment_in, within_the_day
from serving.intake import Intake
from serving.outcomes import LEAD, foreseen


class PastOutcomes:
    """`key` is the caller's; None for a command."""

    def __init__(self, intake: Intake, columns: OutcomeColumns, key: str | None, now: datetime) -> None:
        self.intake = intake
        self.columns = columns
        self.key = key
        self.now = now
        self.zone = ZoneInfo(intake.agreement.sales.timezone)
        self._told: dict[bytes, bytes] = {}

    def read(self, row: Row, ahead: bool) -> Outcome:
        """`ahead`: nothing of the table is written yet, so what telling it would find wrong is found now."""
        with self.intake.ledger.reading() as connection:
            outcome = self._outcome(connection, row)
            if ahead and (wrong := foreseen(connection, self.intake, outcome)):
                raise Wrong(Flaw(wrong.code, self.columns.of_key.get(wrong.field, wrong.field), wrong.detail))
        if ahead:
            self._once(outcome)
        return outcome

    def _outcome(self, connection: Connection, row: Row) -> Outcome:
        lead = self._lead(connection, row)
        at = moment_in(self._cell(row, "occurred_at"), self._column("occurred_at"), self.zone, self.now)
        if LEAD.fullmatch(lead) and (arrived := arrival_of(connection, lead)):
            at = within_the_day(at, arrived, self.zone)
        told = {"lead": lead, "type": self._text(row, "type"), "occurred_at": at.isoformat()}
        told["event"] = self._text(row, "event") or f"{told['type']} {told['occurred_at']}"
        more: dict[str, Any] = {"reason": self._text(row, "reason"), "value": self._value(row)}
        sent = told | {name: value for name, value in more.items() if value is not None}
        item = item_of({name: value for name, value in sent.items() if value is not None}, 0, Source("", self.now))
        if item.outcome is None:
            raise Wrong(*(self._flaw(place.pointer or "", place.code, place.detail) for place in item.wrong))
        return Outcome(**{name: getattr(item.outcome, name) for name in Outcome.__slots__} | {"key": self.key})

    def _lead(self, connection: Connection, row: Row) -> str:
        if "lead" in self.columns.of_key:
            return self._text(row, "lead") or ""
        people = identities_of_text(self._text(row, "person") or "")
        found = leads_of(connection, digests(self.intake.ledger, people)) if people else []
        if len(found) == 1:
            return found[0]
        who = "several leads gave this" if found else "is nobody who is known here"
        raise Wrong(Flaw("unknown-lead", self._column("person"), who))

    def _value(self, row: Row) -> float | None:
        try:
            cell = plain(self._cell(row, "value"))
            return None if cell is None else number_of(cell, money=True)
        except PydanticCustomError as error:
            raise Wrong(Flaw("type", self._column("value"), error.message())) from None

    def _once(self, outcome: Outcome) -> None:
        """The same event twice in a table does no harm; with another content it does."""
        event = _short(outcome.lead, outcome.event)
        content = _short(outcome.type, outcome.occurred_at, outcome.reason, outcome.value)
        if self._told.setdefault(event, content) != content:
            detail = "stands twice for this lead, with another content; give each event an id of its own"
            raise Wrong(Flaw("event-conflict", self._column("event"), detail))

    def _flaw(self, pointer: str, code: str, detail: str) -> Flaw:
        key = pointer.rpartition("/")[2]
        return Flaw(code, self._column(key), detail.partition(" ")[2] if detail.startswith("events/") else detail)

    def _text(self, row: Row, key: str) -> str | None:
        cell = plain(self._cell(row, key))
        return None if cell is None else text_of(cell).strip()

    def _cell(self, row: Row, key: str) -> object:
        return row.cells.get(self._column(key))

    def _column(self, key: str) -> str:
        return self.columns.of_key.get(key, key)


def _short(*told: object) -> bytes:
    return hashlib.blake2b(repr(told).encode("utf-8", "surrogatepass"), digest_size=12).digest()
