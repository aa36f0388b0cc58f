"""Outcomes and engagements of a table on their way into the ledger, by the very way of those told over HTTP."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Generic

from leads.csv_rows import Flaw
from leads.ledger import Came, Connection, Import, advance_import
from leads.row_table import Row
from serving.deciding.intake import Intake
from serving.feedback.telling import Event, EventKind, Told, foreseen, tell
from serving.imports.event_cells import EventCells
from serving.imports.moved import moved
from serving.imports.past_lead import Wrong
from serving.imports.patience import patiently


@dataclass(frozen=True)
class EventRows(Generic[Event]):
    """`event_in` reads a row; `known` is, of some leads, each with the id of each event that was told of it; `key` is
    the caller's, None for a command."""

    intake: Intake
    cells: EventCells
    key: str | None
    kind: EventKind[Event]
    event_in: Callable[[Connection, Row, EventCells], Event]
    known: Callable[[Connection, Iterable[str]], set[tuple[str, str]]]

    def read(self, row: Row, ahead: bool) -> Event:
        """`ahead`: nothing of the table is written yet, so what telling it would find wrong is found now."""
        with self.intake.ledger.reading() as connection:
            event = replace(self.event_in(connection, row, self.cells), key=self.key)
            if ahead and (wrong := foreseen(connection, self.intake, self.kind, event)):
                raise Wrong(Flaw(wrong.code, self.cells.column(wrong.field.rpartition("/")[2]), wrong.detail))
        if ahead:
            self.cells.once(event)
        return event

    def write(self, items: Sequence[Event], refused: int, before: Import) -> Import:
        """Told first and counted then: what is cut off in between is told again, which changes nothing. Known is what
        was there before, and not what an earlier try of these rows wrote."""
        known = patiently(partial(self._told_before, items))
        told = patiently(partial(tell, self.intake, self.kind, items))
        came = Counter[Came]({"refused": refused})
        for item, one in zip(items, told, strict=True):
            name = (item.lead, item.event)
            came[_came(one, name in known)] += 1
            known |= set() if one.wrong else {name}
        move = partial(_move, before=before, after=moved(before, came, self.intake.decider.now()))
        return patiently(lambda: self.intake.writer.submit(move).result())

    def _told_before(self, items: Sequence[Event]) -> set[tuple[str, str]]:
        with self.intake.ledger.reading() as connection:
            return self.known(connection, {item.lead for item in items})


def _came(told: Told, known: bool) -> Came:
    """One that is wrong was right a moment ago: its lead was erased since."""
    return "refused" if told.wrong else "known" if known else "taken"


def _move(connection: Connection, before: Import, after: Import) -> Import:
    advance_import(connection, before, after)
    return after
