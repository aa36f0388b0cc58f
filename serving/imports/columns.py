"""Which columns of a table are read for what."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from leads.fields import plain
from leads.import_mapping import DateOrder, OutcomeOfTable
from leads.kinds import text_of
from leads.row_table import Row
from leads.spelling import spelled


class Cells(NamedTuple):
    """Of `choices` the first that is filled counts; a choice of several columns is their texts, joined by a space."""

    choices: tuple[tuple[str, ...], ...]

    @property
    def name(self) -> str:
        """What to call it where something is wrong."""
        return self.choices[0][0]

    @property
    def columns(self) -> Iterator[str]:
        return (column for choice in self.choices for column in choice)

    def of(self, row: Row) -> object:
        if len(self.choices) == 1 and len(self.choices[0]) == 1:
            return row.cells.get(self.choices[0][0])
        return next((cell for choice in self.choices if (cell := _joined(row, choice)) is not None), None)


def column(name: str) -> Cells:
    return Cells(((name,),))


def _joined(row: Row, names: Sequence[str]) -> object:
    filled = [cell for name in names if (cell := plain(row.cells.get(name))) is not None and cell != ""]
    return " ".join(text_of(cell).strip() for cell in filled) if len(filled) > 1 else (filled or [None])[0]


class Became(NamedTuple):
    """What a row may say became of its lead, and when. It does where `said` holds one of `words`, in any case of
    letters where `loosely`; without `said` it does where there is a time. `reasons` tells the agreement's reason of
    what stands there, and without it only what is one of them already is a reason."""

    type: OutcomeOfTable
    at: Cells
    said: Cells | None = None
    words: frozenset[str] = frozenset()
    loosely: bool = False
    value: Cells | None = None
    reason: Cells | None = None
    reasons: Mapping[str, str] = {}

    def holds(self, row: Row) -> bool:
        if self.said is None:
            return plain(self.at.of(row)) not in (None, "")
        cell = self.said.of(row)
        word = "" if cell is None else spelled(cell)
        return (word.casefold() if self.loosely else word) in self.words

    @property
    def columns(self) -> Iterator[str]:
        read = (self.said, self.at, self.value, self.reason)
        return (name for cells in read if cells is not None for name in cells.columns)


class LeadColumns(NamedTuple):
    """`of_key` tells where each field of the form stands. `unread` are known and not kept; `notes` is what was seen and
    accepted. `timezone` is that of times without one, where it is not the team's."""

    of_key: Mapping[str, Cells]
    arrived: Cells
    became: tuple[Became, ...]
    unread: tuple[str, ...]
    notes: tuple[str, ...] = ()
    dates: DateOrder | None = None
    timezone: str | None = None
