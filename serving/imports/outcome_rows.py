"""Outcomes of a table on their way into the ledger, by the very way of those that are told over HTTP."""

from collections import Counter
from collections.abc import Sequence
from functools import partial

from leads.lead import Outcome
from leads.ledger import Came, Connection, Import, advance_import
from leads.row_table import Row
from serving.imports.header import OutcomeColumns
from serving.imports.moved import moved
from serving.imports.past_outcome import PastOutcomes
from serving.intake import Intake
from serving.outcomes import Told, tell


class OutcomeRows:
    def __init__(self, intake: Intake, columns: OutcomeColumns, key: str | None) -> None:
        self.intake = intake
        self._reader = PastOutcomes(intake, columns, key, intake.decider.now())

    def read(self, row: Row, ahead: bool) -> Outcome:
        return self._reader.read(row, ahead)

    def write(self, items: Sequence[Outcome], refused: int, before: Import) -> Import:
        """Told first and counted then: what is cut off in between is told again, which changes nothing."""
        told = tell(self.intake, items)
        came = Counter[Came](map(_came, told)) + Counter[Came]({"refused": refused})
        after = moved(before, came, self.intake.decider.now())
        self.intake.writer.submit(partial(_move, before=before, after=after)).result()
        return after


def _came(told: Told) -> Came:
    """One that is wrong was right a moment ago: its lead was erased since."""
    return "refused" if told.wrong else "known" if told.replayed else "taken"


def _move(connection: Connection, before: Import, after: Import) -> None:
    advance_import(connection, before, after)
