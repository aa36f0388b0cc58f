"""What marketing spent, from a table: month, source, campaign (may be empty) and cost."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from pydantic_core import PydanticCustomError

from features.campaign import LONGEST_LEVEL, parameter
from leads.csv_rows import Flaw
from leads.fields import plain
from leads.form import fold
from leads.kinds import number_of, text_of
from leads.ledger import Cost, Ledger, put_costs
from leads.refusal import Refusal
from leads.row_table import Row, RowTable, row_table
from serving.imports.header import WrongHeader
from serving.imports.past_lead import Wrong
from serving.imports.receipt import WrongRow, wrong_rows
from serving.report.period import MONTH, WrongPeriod, day_of

COLUMNS = ("month", "source", "campaign", "cost")
MOST_ROWS = 100_000


class CostsRefused(Refusal):
    def __init__(self, rows: int, wrong: Sequence[WrongRow]) -> None:
        super().__init__(f"{len({one.row for one in wrong}):,} of {rows:,} rows are wrong, so nothing was imported.")
        self.wrong = tuple(wrong)


class CostsTaken(NamedTuple):
    """`new` rows say something that was not known."""

    rows: int
    new: int


def import_costs(ledger: Ledger, path: Path, now: datetime) -> CostsTaken:
    """All of the table or nothing. It takes the place of what earlier tables said of the same months, sources and
    campaigns."""
    table = row_table(path)
    columns = _columns(table)
    told = dict[tuple[str, str, str], Cost]()
    wrong = list[WrongRow]()
    rows = 0
    for row in table.rows():
        rows += 1
        if rows > MOST_ROWS:
            raise Refusal(f"{path}: more than {MOST_ROWS:,} rows; sum costs up by month, source and campaign.")
        wrong += wrong_rows(row, _take(row, columns, told))
    if wrong:
        raise CostsRefused(rows, wrong)
    if not told:
        raise Refusal(f"{path}: a header and no rows; add at least one row.")
    with ledger.transaction() as connection:
        return CostsTaken(rows, put_costs(connection, list(told.values()), now))


def _columns(table: RowTable) -> Mapping[str, str]:
    found = {fold(name): name for name in table.columns}
    flaws = list(table.flaws)
    flaws += [Flaw("csv-header", key, "is missing") for key in COLUMNS if key not in found and key != "campaign"]
    known = ", ".join(COLUMNS)
    flaws += [Flaw("csv-header", name, f"is not one of {known}") for key, name in found.items() if key not in COLUMNS]
    if len(found) != len(table.columns):
        flaws.append(Flaw("csv-header", None, "stands twice"))
    if flaws:
        raise WrongHeader(flaws)
    return found


def _take(row: Row, columns: Mapping[str, str], told: dict[tuple[str, str, str], Cost]) -> Sequence[Flaw]:
    if row.flaws:
        return row.flaws
    flaws = list[Flaw]()
    read = dict(_cells(row, columns, flaws))
    if flaws:
        return flaws
    cost = Cost(str(read["month"]), str(read["source"]), str(read["campaign"]), float(str(read["cost"])))
    if cost[:3] in told:
        return [Flaw("value", columns["source"], "stands in an earlier row with this month and campaign; add them up")]
    told[cost[:3]] = cost
    return ()


def _cells(row: Row, columns: Mapping[str, str], flaws: list[Flaw]) -> Iterator[tuple[str, str | float]]:
    for key in COLUMNS:
        column = columns.get(key, "")
        try:
            yield key, _READERS[key](row.cells.get(column), column)
        except Wrong as wrong:
            flaws.extend(wrong.flaws)
        except PydanticCustomError as error:
            flaws.append(Flaw("type", column, error.message()))


def _month(cell: object, column: str) -> str:
    value = plain(cell)
    text = f"{value:%Y-%m}" if isinstance(value, date) else "" if value is None else text_of(value).strip()
    try:
        day_of(f"{text}-01" if MONTH.fullmatch(text) else text, "month")
    except WrongPeriod:
        raise Wrong(Flaw("date-format", column, "must be a month such as 2026-10")) from None
    return text[: len("2026-10")]


def _name(cell: object, column: str) -> str:
    named = _campaign(cell, column)
    if not named:
        raise Wrong(Flaw("required", column, "must be given"))
    return named


def _campaign(cell: object, column: str) -> str:
    """Spelled as the links of a campaign are read."""
    value = plain(cell)
    text = "" if value is None else text_of(value).strip()
    named = parameter(text)
    if text and named is None:
        said = f"must be a name of at most {LONGEST_LEVEL} characters, and no address"
        raise Wrong(Flaw("value", column, said))
    return named or ""


def _cost(cell: object, column: str) -> float:
    value = plain(cell)
    cost = None if value is None else number_of(value, money=True)
    if cost is None:
        raise Wrong(Flaw("required", column, "must be given"))
    if cost < 0:
        raise Wrong(Flaw("value", column, "must not be less than nothing"))
    return cost


_READERS: Mapping[str, Callable[[object, str], str | float]] = {
    "month": _month,
    "source": _name,
    "campaign": _campaign,
    "cost": _cost,
}
