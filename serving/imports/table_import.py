"""Taking a table in: every row is looked at before the first is written, and what was cut off goes on where it was."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from leads.agreement import Agreement
from leads.csv_rows import Flaw
from leads.import_mapping import DateOrder
from leads.ledger import Import, ImportKind, begin_import, engagements_told, events_told, import_of
from leads.refusal import Refusal
from leads.reject_file import reject_file
from leads.row_table import Row, RowTable, row_table
from leads.table_format import TableError
from serving.deciding.intake import Intake
from serving.feedback.engagements import ENGAGEMENTS
from serving.feedback.outcomes import OUTCOMES
from serving.imports.columns import LeadColumns
from serving.imports.event_cells import EventCells
from serving.imports.event_rows import EventRows
from serving.imports.header import engagement_columns_of, lead_columns, outcome_columns_of
from serving.imports.lead_rows import LeadRows
from serving.imports.mapping import mapped_columns
from serving.imports.past_engagement import past_engagement
from serving.imports.past_lead import Wrong
from serving.imports.past_outcome import past_outcome
from serving.imports.patience import patiently
from serving.imports.receipt import MOST_TOLD, Checked, Receipt, WrongRow, wrong_rows

AT_ONCE = 500
"""Rows of one transaction: forms that come in between wait no longer than for these."""
Progress = Callable[[str, int, int | None], None]
"""Hears what is being done, how many rows that is so far, and of how many."""


class Asked(NamedTuple):
    """`file` is the table's name without its folder; `key` the caller's, None for a command. With `partial` the right
    rows are taken in, and the others go to `rejects` where one is named. `tool` is what wrote the table, `dates` how
    days stand there."""

    path: Path
    file: str | None
    kind: ImportKind
    key: str | None = None
    partial: bool = False
    ignored: Sequence[str] = ()
    rejects: Path | None = None
    tool: str | None = None
    dates: DateOrder | None = None


class Rows(Protocol):
    """What is particular to a kind of table: `read` raises Wrong; `write` also moves the import on, by all of them and
    by those that are `refused`."""

    def read(self, row: Row, ahead: bool) -> Any: ...

    def write(self, items: Sequence[Any], refused: int, before: Import) -> Import: ...


class RowsRefused(Refusal):
    def __init__(self, checked: Checked) -> None:
        super().__init__(f"{checked.refused:,} of {checked.rows:,} rows are wrong")
        self.checked = checked


class NoRows(Refusal):
    """There is a header and nothing under it."""


def import_table(intake: Intake, asked: Asked, progress: Progress = lambda *_: None) -> Receipt:
    """Waits until all is on the disk; not for the event loop. ImportRunning where somebody else is at the same file."""
    content = content_of(asked.path)
    with intake.ledger.reading() as connection:
        before = import_of(connection, content, asked.kind)
    if before is not None and before.finished_at is not None:
        return Receipt(before, 0, already=True)
    table = row_table(asked.path)
    rows, unread, noticed = _rows_of(intake, asked, table)
    checked = _checked(table, rows, asked, progress)
    if not checked.rows:
        raise NoRows("The table has a header and no rows; add at least one row.")
    if checked.refused and (not asked.partial or checked.refused == checked.rows):
        raise RowsRefused(checked)
    if content_of(asked.path) != content:
        raise TableError("The table was changed while it was read; nothing was imported, try again.")
    begun = Import(content, asked.kind, asked.file, asked.key, intake.decider.now(), checked.rows)
    begin = partial(begin_import, begun=begun)
    begun = patiently(lambda: intake.writer.submit(begin).result())
    done = _written(table, rows, begun, progress)
    return Receipt(done, done.taken - begun.taken, False, (*table.notes, *noticed), unread, checked.wrong)


def content_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise TableError(f"There is no file {path}; check the path.") from None
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror}.") from None


def _rows_of(intake: Intake, asked: Asked, table: RowTable) -> tuple[Rows, Sequence[str], Sequence[str]]:
    """With the columns that are not kept, and what was noticed."""
    if asked.kind == "leads":
        of_leads = _lead_columns(intake.agreement, asked, table)
        return LeadRows(intake, of_leads, asked.key), of_leads.unread, of_leads.notes
    of_outcomes = asked.kind == "outcomes"
    columns = (outcome_columns_of if of_outcomes else engagement_columns_of)(table, asked.ignored)
    cells = EventCells(intake, columns, intake.decider.now())
    if of_outcomes:
        return EventRows(intake, cells, asked.key, OUTCOMES, past_outcome, events_told), columns.unread, ()
    return EventRows(intake, cells, asked.key, ENGAGEMENTS, past_engagement, engagements_told), columns.unread, ()


def _lead_columns(agreement: Agreement, asked: Asked, table: RowTable) -> LeadColumns:
    if asked.tool is not None:
        return mapped_columns(table, agreement, asked.tool, asked.ignored, asked.dates)
    return lead_columns(table, agreement, asked.ignored)._replace(dates=asked.dates)


def _checked(table: RowTable, rows: Rows, asked: Asked, progress: Progress) -> Checked:
    number = refused = 0
    wrong = list[WrongRow]()
    with ExitStack() as stack:
        rejects = stack.enter_context(reject_file(asked.rejects, table.header)) if asked.rejects else None
        for row in table.rows():
            number = row.number
            _, flaws = _read(row, rows, ahead=True)
            if flaws:
                refused += 1
                wrong += wrong_rows(row, flaws) if len(wrong) < MOST_TOLD else ()
                if rejects:
                    rejects(row.raw)
            if number % AT_ONCE == 0:
                progress("checked", number, None)
    return Checked(number, refused, wrong[:MOST_TOLD])


def _read(row: Row, rows: Rows, ahead: bool) -> tuple[Any, Sequence[Flaw]]:
    if row.flaws:
        return None, row.flaws
    try:
        return rows.read(row, ahead), ()
    except Wrong as wrong:
        return None, wrong.flaws


def _written(table: RowTable, rows: Rows, begun: Import, progress: Progress) -> Import:
    state = begun
    for block in _blocks(islice(table.rows(), begun.done, None)):
        read = [_read(row, rows, ahead=False) for row in block]
        right = [item for item, flaws in read if not flaws]
        state = rows.write(right, len(block) - len(right), state)
        progress("written", state.done, state.rows)
    return state


def _blocks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while block := list(islice(rows, AT_ONCE)):
        yield block
