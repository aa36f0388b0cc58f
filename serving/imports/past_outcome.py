"""One row of a table of outcomes: the same that POST /v1/outcomes takes, under the same rules."""

from typing import Any

from pydantic_core import PydanticCustomError

from leads.csv_rows import Flaw
from leads.fields import plain
from leads.kinds import number_of
from leads.lead import Outcome
from leads.ledger import Connection
from leads.row_table import Row
from serving.edge.event_body import Source, item_of
from serving.edge.outcome_body import sent_lead_outcome
from serving.imports.event_cells import EventCells
from serving.imports.past_lead import Wrong


def past_outcome(connection: Connection, row: Row, cells: EventCells) -> Outcome:
    lead = cells.lead(connection, row)
    at = cells.occurred_at(connection, row, lead)
    told: dict[str, Any] = {"lead": lead, "type": cells.text(row, "type"), "occurred_at": at.isoformat()}
    told["event"] = cells.text(row, "event") or f"{told['type']} {told['occurred_at']}"
    told |= {"reason": cells.text(row, "reason"), "value": _value(row, cells)}
    sent = {name: value for name, value in told.items() if value is not None}
    item = item_of(sent, 0, sent_lead_outcome, Source("", cells.now))
    if item.event is None:
        raise Wrong(*map(cells.wrong, item.wrong))
    return item.event


def _value(row: Row, cells: EventCells) -> float | None:
    try:
        cell = plain(cells.cell(row, "value"))
        return None if cell is None else number_of(cell, money=True)
    except PydanticCustomError as error:
        raise Wrong(Flaw("type", cells.column("value"), error.message())) from None
