"""One row of a table of past leads: a form as it was sent once, and when, and whether it converted."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from leads.agreement import Agreement
from leads.csv_rows import Flaw
from leads.fields import Value, from_cell, plain
from leads.form import campaign_value, fold, form_class
from leads.kinds import moment_of, number_of, text_of
from leads.lead import OutcomeType
from leads.row_table import Row
from serving.imports.columns import Became, Cells, LeadColumns
from serving.imports.dates import ambiguous, in_order
from serving.problems import KINDS

OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
MUST_BE_A_TIME = "must be a time such as 2026-11-23 09:15 that can be read in one way only"
SAY_THE_ORDER = "can be read in two ways; say with dates whether it is day-first or month-first"


class PastOutcome(NamedTuple):
    type: OutcomeType
    at: datetime
    reason: str | None
    value: float | None


class PastLead(NamedTuple):
    """`sent` is the form as JSON would have brought it."""

    sent: Mapping[str, Value]
    arrived_at: datetime
    outcomes: tuple[PastOutcome, ...]


class Wrong(Exception):
    """All that is wrong with a row."""

    def __init__(self, *flaws: Flaw) -> None:
        super().__init__()
        self.flaws = flaws


class PastLeads:
    """Reads rows under one agreement, whose form checks them as it checks what pages send."""

    def __init__(self, agreement: Agreement, columns: LeadColumns, now: datetime) -> None:
        self.agreement = agreement
        self.columns = columns
        self.now = now
        self.zone = ZoneInfo(columns.timezone or agreement.sales.timezone)

    @cached_property
    def form(self) -> type[BaseModel]:
        return form_class(self.agreement)

    def read(self, row: Row) -> PastLead:
        flaws = list[Flaw]()
        sent = dict(self._sent(row, flaws))
        self._check(sent, flaws)
        arrived = self._moment(row, self.columns.arrived, flaws)
        outcomes = tuple(self._outcomes(row, arrived, flaws))
        if flaws or arrived is None:
            raise Wrong(*flaws)
        return PastLead(sent, arrived, outcomes)

    def _sent(self, row: Row, flaws: list[Flaw]) -> Iterator[tuple[str, Value]]:
        for key, cells in self.columns.of_key.items():
            try:
                value = self._value(key, cells.of(row))
            except PydanticCustomError as error:
                flaws.append(Flaw(error.type if error.type in KINDS else "value", cells.name, error.message()))
                continue
            if value is not None:
                yield key, value.isoformat() if isinstance(value, date) else value

    def _value(self, key: str, cell: object) -> Value:
        field = self.agreement.form.fields.get(key)
        if field is not None:
            return from_cell(field, in_order(cell, self.columns.dates) if field.kind == "date" else cell)
        known = plain(cell)
        return None if known is None else campaign_value(text_of(known))

    def _check(self, sent: Mapping[str, Value], flaws: list[Flaw]) -> None:
        """What the cells have wrong is told of the cells alone."""
        told = {flaw.column for flaw in flaws}
        try:
            self.form.model_validate(sent)
        except ValidationError as errors:
            for error in errors.errors(include_url=False, include_context=False, include_input=False):
                key = str(error["loc"][0])
                column = self.columns.of_key[key].name if key in self.columns.of_key else key
                if column not in told:
                    flaws.append(_flaw_of(error["type"], column, error["msg"]))

    def _moment(self, row: Row, cells: Cells, flaws: list[Flaw]) -> datetime | None:
        cell = cells.of(row)
        try:
            return moment_in(in_order(cell, self.columns.dates), cells.name, self.zone, self.now)
        except Wrong as wrong:
            asked = ambiguous(cell) and self.columns.dates is None
            flaws.extend(flaw._replace(detail=SAY_THE_ORDER) if asked else flaw for flaw in wrong.flaws)
            return None

    def _outcomes(self, row: Row, arrived: datetime | None, flaws: list[Flaw]) -> Iterator[PastOutcome]:
        """What became of a lead needs its time: at an invented one it would teach what never was."""
        for became in self.columns.became:
            if not became.holds(row) or (at := self._moment(row, became.at, flaws)) is None or arrived is None:
                continue
            at = within_the_day(at, arrived, self.zone)
            if at < arrived:
                flaws.append(Flaw("timestamp", became.at.name, "must not lie before the lead's arrival"))
            yield PastOutcome(became.type, at, self._reason(row, became, flaws), self._worth(row, became, flaws))

    def _reason(self, row: Row, became: Became, flaws: list[Flaw]) -> str | None:
        """What is no reason of the agreement is left out, unless there must be one."""
        if became.reason is None:
            return None
        cell = plain(became.reason.of(row))
        text = "" if cell is None else text_of(cell).strip()
        known = self.agreement.sales.reasons
        reason = became.reasons.get(text) or next((one for one in known if fold(one) == fold(text)), None)
        if reason is None and became.type == "rejected":
            flaws.append(Flaw("value", became.reason.name, f"must be one of the agreed reasons: {', '.join(known)}"))
        return reason

    def _worth(self, row: Row, became: Became, flaws: list[Flaw]) -> float | None:
        cell = plain(became.value.of(row)) if became.value is not None else None
        try:
            worth = None if cell is None else number_of(cell, money=True)
        except PydanticCustomError as error:
            flaws.append(Flaw("type", became.value.name if became.value else None, error.message()))
            return None
        return worth if worth is not None and worth >= 0 else None


def moment_in(cell: object, column: str, zone: ZoneInfo, now: datetime) -> datetime:
    """A time without a zone is told by the clock of the sales team; a day alone begins at midnight."""
    try:
        known = plain(cell)
        moment = None if known is None else moment_of(known)
        if moment is None:
            raise Wrong(Flaw("required", column, "must be given"))
        if not isinstance(moment, datetime):
            moment = datetime.combine(moment, time.min)
        told = (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (PydanticCustomError, OverflowError):
        raise Wrong(Flaw("date-format", column, MUST_BE_A_TIME)) from None
    if not OLDEST <= told <= now:
        raise Wrong(Flaw("timestamp", column, f"must lie between {OLDEST.year} and now"))
    return told


def within_the_day(told: datetime, arrived: datetime, zone: ZoneInfo) -> datetime:
    """Midnight is how a day alone reads: on the day of the arrival it cannot have been before it."""
    local = told.astimezone(zone)
    same_day = local.date() == arrived.astimezone(zone).date()
    return max(told, arrived) if same_day and local.time() == time.min else told


def _flaw_of(kind: str, column: str, message: str) -> Flaw:
    if kind in ("missing", "required"):
        return Flaw("required", column, "must be given")
    return Flaw(kind if kind in KINDS else "value", column, message)
