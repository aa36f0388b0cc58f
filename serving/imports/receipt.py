"""What came of an import, and what was wrong with which row."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from leads.csv_rows import Flaw
from leads.ledger import Import, ImportKind
from leads.row_table import Row
from serving import answers
from serving.problems import Place, named, pointer_to

MOST_TOLD = 1_000
"""Wrong rows of which an answer tells."""


class WrongRow(NamedTuple):
    """`row` counts the rows under the header from 1, `line` those of the file."""

    row: int
    line: int
    flaw: Flaw

    def place(self) -> Place:
        column = [self.flaw.column] if self.flaw.column else []
        where = f"row {self.row} (line {self.line})" + (f", {named(column)}:" if column else "")
        return Place(pointer_to(("rows", self.row, *column)), self.flaw.code, f"{where} {self.flaw.detail}")


class Checked(NamedTuple):
    """All rows of a table, looked at before the first is written. `wrong` tells of the first refused ones."""

    rows: int
    refused: int
    wrong: Sequence[WrongRow]


class Receipt(NamedTuple):
    """`new` rows are in the ledger since this call. `already`: the same content was imported before."""

    done: Import
    new: int
    already: bool
    notes: Sequence[str] = ()
    unread: Sequence[str] = ()
    wrong: Sequence[WrongRow] = ()


class Rejected(BaseModel):
    row: int = Field(description="Counted from 1 under the header")
    line: int = Field(description="Of the file")
    column: str | None
    code: str
    detail: str


class ImportReceipt(BaseModel):
    """rows = taken + known + forgotten + refused."""

    status: str = Field(description="imported or already-imported")
    kind: ImportKind
    content: str = Field(description="SHA-256 of the table, by which it is known when it comes again")
    file: str | None
    at: datetime
    rows: int
    new: int = Field(description="Rows that are in the ledger since this very call")
    taken: int = Field(description="Rows that were new")
    known: int = Field(description="Rows that were told before, in another table or by a call")
    forgotten: int = Field(description="Rows of people who asked to be forgotten; left out")
    refused: int
    notes: list[str] = Field(description="What was seen and accepted")
    unread_columns: list[str]
    rejected: list[Rejected] = Field(description=f"What is wrong with the first {MOST_TOLD:,} refused rows")


def wrong_rows(row: Row, flaws: Sequence[Flaw]) -> Iterator[WrongRow]:
    return (WrongRow(row.number, row.line, flaw) for flaw in flaws)


def receipt_body(receipt: Receipt, zone: ZoneInfo) -> dict[str, Any]:
    done = receipt.done
    return {
        "status": "already-imported" if receipt.already else "imported",
        "kind": done.kind,
        "content": done.content,
        "file": done.file,
        "at": answers.time_told(done.at, zone),
        "rows": done.rows,
        "new": receipt.new,
        "taken": done.taken,
        "known": done.known,
        "forgotten": done.forgotten,
        "refused": done.refused,
        "notes": list(receipt.notes),
        "unread_columns": [named([name]) for name in receipt.unread],
        "rejected": [_rejected(one) for one in receipt.wrong],
    }


def _rejected(wrong: WrongRow) -> dict[str, Any]:
    column = named([wrong.flaw.column]) if wrong.flaw.column else None
    return {
        "row": wrong.row,
        "line": wrong.line,
        "column": column,
        "code": wrong.flaw.code,
        "detail": wrong.flaw.detail,
    }
