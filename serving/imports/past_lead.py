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
from leads.form import ARRIVED, campaign_value, form_class, form_values
from leads.kinds import moment_of, text_of
from leads.row_table import Row
from leads.spelling import spelled
from serving.imports.header import LeadColumns
from serving.problems import KINDS

OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
MUST_BE_A_TIME = "must be a time such as 2026-11-23 09:15 that can be read in one way only"


class PastLead(NamedTuple):
    """`sent` is the form as JSON would have brought it, `form` the same once checked."""

    sent: Mapping[str, object]
    form: BaseModel
    arrived_at: datetime
    converted_at: datetime | None

    @property
    def values(self) -> dict[str, Value]:
        return form_values(self.form)

    @property
    def scored(self) -> dict[str, Value]:
        return self.values | {ARRIVED: self.arrived_at}


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
        self.zone = ZoneInfo(agreement.sales.timezone)

    @cached_property
    def form(self) -> type[BaseModel]:
        return form_class(self.agreement)

    def read(self, row: Row) -> PastLead:
        flaws = list[Flaw]()
        sent = dict(self._sent(row, flaws))
        form = self._checked(sent, flaws)
        arrived = self._moment(row, self.columns.arrived, flaws)
        converted = self._converted(row, arrived, flaws)
        if flaws or form is None or arrived is None:
            raise Wrong(*flaws)
        return PastLead(sent, form, arrived, converted)

    def _sent(self, row: Row, flaws: list[Flaw]) -> Iterator[tuple[str, object]]:
        for key, column in self.columns.of_key.items():
            try:
                value = self._value(key, row.cells.get(column))
            except PydanticCustomError as error:
                flaws.append(Flaw(error.type if error.type in KINDS else "value", column, error.message()))
                continue
            if value is not None:
                yield key, value.isoformat() if isinstance(value, date) else value

    def _value(self, key: str, cell: object) -> Value:
        field = self.agreement.form.fields.get(key)
        if field is not None:
            return from_cell(field, cell)
        known = plain(cell)
        return None if known is None else campaign_value(text_of(known))

    def _checked(self, sent: Mapping[str, object], flaws: list[Flaw]) -> BaseModel | None:
        """What the cells have wrong is told of the cells alone."""
        told = {flaw.column for flaw in flaws}
        try:
            return self.form.model_validate(sent)
        except ValidationError as errors:
            for error in errors.errors(include_url=False, include_context=False, include_input=False):
                key = str(error["loc"][0])
                column = self.columns.of_key.get(key, key)
                if column not in told:
                    flaws.append(_flaw_of(error["type"], column, error["msg"]))
            return None

    def _moment(self, row: Row, column: str, flaws: list[Flaw]) -> datetime | None:
        try:
            return moment_in(row.cells.get(column), column, self.zone, self.now)
        except Wrong as wrong:
            flaws.extend(wrong.flaws)
            return None

    def _converted(self, row: Row, arrived: datetime | None, flaws: list[Flaw]) -> datetime | None:
        """A target that says so needs its time: a conversion at an invented time would teach what never was."""
        if self.columns.target is None:
            return None
        said, positive = row.cells.get(self.columns.target), self.agreement.table.positive
        if said is None or spelled(said) != spelled(positive):
            return None
        converted = self._moment(row, self.columns.converted_at, flaws)
        if converted is None or arrived is None:
            return None
        converted = within_the_day(converted, arrived, self.zone)
        if converted < arrived:
            flaws.append(Flaw("timestamp", self.columns.converted_at, "must not lie before the lead's arrival"))
        return converted


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
