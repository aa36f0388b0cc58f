"""Outcomes and engagements of a table on their way into the ledger, by the very way of those told over HTTP."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Protocol

from leads.ledger import Came, Connection, Import, advance_import
from leads.row_table import Row
from serving import engagements, outcomes
from serving.imports.moved import moved
from serving.imports.patience import patiently
from serving.intake import Intake

Told = outcomes.Told | engagements.Told
Tell = Callable[[Intake, Sequence[Any]], Sequence[Told]]
Known = Callable[[Connection, Iterable[str]], set[tuple[str, str]]]
"""Of some leads, each with the id of each event that was told of it."""


class Reader(Protocol):
    def read(self, row: Row, ahead: bool) -> Any: ...


class EventRows:
    def __init__(self, intake: Intake, reader: Reader, tell: Tell, known: Known) -> None:
        self.intake = intake
        self.read = reader.read
        self._tell = tell
        self._known = known

    def write(self, items: Sequence[Any], refused: int, before: Import) -> Import:
        """Told first and counted then: what is cut off in between is told again, which changes nothing. Known is what
        was there before, and not what an earlier try of these rows wrote."""
        known = patiently(partial(self._told_before, items))
        told = patiently(partial(self._tell, self.intake, items))
        came = Counter[Came]({"refused": refused})
        for item, one in zip(items, told, strict=True):
            name = (item.lead, item.event)
            came[_came(one, name in known)] += 1
            known |= set() if one.wrong else {name}
        move = partial(_move, before=before, after=moved(before, came, self.intake.decider.now()))
        return patiently(lambda: self.intake.writer.submit(move).result())

    def _told_before(self, items: Sequence[Any]) -> set[tuple[str, str]]:
        with self.intake.ledger.reading() as connection:
            return self._known(connection, {item.lead for item in items})


def _came(told: Told, known: bool) -> Came:
    """One that is wrong was right a moment ago: its lead was erased since."""
    return "refused" if told.wrong else "known" if known else "taken"


def _move(connection: Connection, before: Import, after: Import) -> Import:
    advance_import(connection, before, after)
    return after
