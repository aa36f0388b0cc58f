"""One row of a table of outcomes: the same that POST /v1/outcomes takes, under the same rules."""

from datetime import datetime
from typing import Any

from pydantic_core import PydanticCustomError

from leads.csv_rows import Flaw
from leads.fields import plain
from leads.kinds import number_of
from leads.lead import Outcome
from leads.ledger import Connection
from leads.row_table import Row
from serving.edge.event_body import Source
from serving.edge.outcome_body import item_of
from serving.imports.event_cells import EventCells
from serving.imports.header import EventColumns
from serving.imports.past_lead import Wrong
from serving.intake import Intake
from serving.outcomes import foreseen


class PastOutcomes:
    """`key` is the caller's; None for a command."""

    def __init__(self, intake: Intake, columns: EventColumns, key: str | None, now: datetime) -> None:
        self.intake = intake
        self.key = key
        self.now = now
        self.cells = EventCells(intake, columns, now)

    def read(self, row: Row, ahead: bool) -> Outcome:
        """`ahead`: nothing of the table is written yet, so what telling it would find wrong is found now."""
        with self.intake.ledger.reading() as connection:
            outcome = self._outcome(connection, row)
            if ahead and (wrong := foreseen(connection, self.intake, outcome)):
                raise Wrong(Flaw(wrong.code, self.cells.column(wrong.field), wrong.detail))
        if ahead:
            content = (outcome.type, outcome.occurred_at, outcome.reason, outcome.value)
            self.cells.once(outcome.lead, outcome.event, *content)
        return outcome

    def _outcome(self, connection: Connection, row: Row) -> Outcome:
        cells = self.cells
        lead = cells.lead(connection, row)
        at = cells.occurred_at(connection, row, lead)
        told = {"lead": lead, "type": cells.text(row, "type"), "occurred_at": at.isoformat()}
        told["event"] = cells.text(row, "event") or f"{told['type']} {told['occurred_at']}"
        more: dict[str, Any] = {"reason": cells.text(row, "reason"), "value": self._value(row)}
        sent = told | {name: value for name, value in more.items() if value is not None}
        item = item_of({name: value for name, value in sent.items() if value is not None}, 0, Source("", self.now))
        if item.outcome is None:
            raise Wrong(*map(cells.wrong, item.wrong))
        return Outcome(**{name: getattr(item.outcome, name) for name in Outcome.__slots__} | {"key": self.key})

    def _value(self, row: Row) -> float | None:
        try:
            cell = plain(self.cells.cell(row, "value"))
            return None if cell is None else number_of(cell, money=True)
        except PydanticCustomError as error:
            raise Wrong(Flaw("type", self.cells.column("value"), error.message())) from None
