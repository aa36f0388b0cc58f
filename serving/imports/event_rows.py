"""Outcomes and engagements of a table on their way into the ledger, by the very way of those told over HTTP."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

from leads.ledger import Came, Connection, Import, advance_import
from leads.row_table import Row
from serving import engagements, outcomes
from serving.imports.moved import moved
from serving.intake import Intake

Told = outcomes.Told | engagements.Told
Tell = Callable[[Intake, Sequence[Any]], Sequence[Told]]


class Reader(Protocol):
    def read(self, row: Row, ahead: bool) -> Any: ...


class EventRows:
    def __init__(self, intake: Intake, reader: Reader, tell: Tell) -> None:
        self.intake = intake
        self.read = reader.read
        self._tell = tell

    def write(self, items: Sequence[Any], refused: int, before: Import) -> Import:
        """Told first and counted then: what is cut off in between is told again, which changes nothing."""
        told = self._tell(self.intake, items)
        came = Counter[Came](map(_came, told)) + Counter[Came]({"refused": refused})
        after = moved(before, came, self.intake.decider.now())
        self.intake.writer.submit(partial(_move, before=before, after=after)).result()
        return after


def _came(told: Told) -> Came:
    """One that is wrong was right a moment ago: its lead was erased since."""
    return "refused" if told.wrong else "known" if told.replayed else "taken"


def _move(connection: Connection, before: Import, after: Import) -> None:
    advance_import(connection, before, after)
