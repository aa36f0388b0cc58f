"""How the agreement says that tables of another tool are read."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)
DateOrder = Literal["day-first", "month-first"]
OutcomeOfTable = Literal["accepted", "rejected", "contacted", "meeting", "converted", "lost"]


class ImportOutcome(BaseModel):
    """One thing that rows of another tool's table may say became of their lead: where `column` says one of `says`, or
    always where none is named. `at` is the column of its time, of which there must be one then. `reasons` translates
    what stands in the column `reason` into reasons of the agreement."""

    model_config = STRICT

    type: OutcomeOfTable
    column: str | None = None
    says: tuple[str, ...] = ()
    at: str
    value: str | None = None
    reason: str | None = None
    reasons: dict[str, str] = {}


class ImportMapping(BaseModel):
    """How a table of another tool is read. `columns` names the column of a field, or several whose texts are joined by
    a space; `dates` says how 01/02/2026 is meant; a time without a zone is one of `timezone`."""

    model_config = STRICT

    columns: dict[str, str | tuple[str, ...]] = {}
    arrived: str | None = None
    dates: DateOrder | None = None
    timezone: str | None = None
    outcomes: tuple[ImportOutcome, ...] = ()
