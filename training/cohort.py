"""From a table of past leads to the rows that may teach: which leads, in what order, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leads.agreement import Agreement
from leads.form import ARRIVED
from leads.refusal import Refusal
from leads.spelling import spelled
from leads.table import Reading, read_table, read_values
from models.encoder import Array
from training.forgotten import Forgotten
from training.splits import people
from training.young import Waits, Young, young_leads

DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Cohort:
    """`values` and `y` (1 = converted within the horizon) stand oldest first where `ordered`, else in the file's order.
    `person` numbers people by their e-mail address (-1: not given); None where the form asks for none. `young` leads
    are not among them, since their time to convert had not passed; they stand in `waiting` where the table tells how
    long conversions take. `forgotten` ones were left out, since these people asked to be."""

    name: str
    values: pd.DataFrame
    y: Array
    ordered: bool
    person: NDArray[np.int64] | None
    young: int
    waiting: Young | None
    forgotten: int
    ignored: list[str]
    absent: list[str]
    bad_cells: Mapping[str, int]


def read_cohort(path: Path, agreement: Agreement, forgotten: Forgotten | None = None) -> Cohort:
    frame = read_table(path)
    positive = positives(frame, agreement, path.name)
    reading = read_values(frame, agreement)
    times = _order(frame, reading, agreement, path.name)
    rows = np.arange(len(frame)) if times is None else np.argsort(times, kind="stable")
    mature = _mature(reading, agreement)
    waits = _waits(frame, reading, agreement, positive)
    y = (positive & ~(waits.delay > agreement.goal.within_days)).astype(np.float64)
    left_out = forgotten.rows(reading.values, agreement.form.fields) if forgotten else np.zeros(len(frame), dtype=bool)
    young, rows = rows[(~mature & ~left_out)[rows]], rows[(mature & ~left_out)[rows]]
    curve = waits.curve(np.append(rows, young), agreement.goal.within_days) if len(young) else None
    return Cohort(
        name=path.name,
        values=reading.values.iloc[rows].reset_index(drop=True),
        y=y[rows],
        ordered=times is not None or agreement.table.in_order,
        person=_people(reading.values, agreement, rows),
        young=len(young),
        waiting=young_leads(reading.values, y, young, waits, curve) if curve else None,
        forgotten=int(left_out.sum()),
        ignored=reading.ignored,
        absent=reading.absent,
        bad_cells=reading.bad_cells,
    )


def positives(frame: pd.DataFrame, agreement: Agreement, name: str) -> NDArray[np.bool_]:
    """Whether each row says that the lead converted; both answers must occur and none may be missing."""
    target, wanted = agreement.table.target, agreement.table.positive
    if target is None:
        raise Refusal("The agreement names no target: set `target` in [table], or write it with `accord init`.")
    cells = _column(frame, target, "target", name)
    if (gaps := np.flatnonzero(cells.isna())).size:
        raise Refusal(
            f"{name}: the target column {target!r} is empty in {gaps.size} of {len(frame)} rows, first in data row "
            f"{gaps[0] + 1}. Fill them in, or leave out the leads whose outcome is not known."
        )
    positive = cells.map(spelled).eq(spelled(wanted)).to_numpy(dtype=bool)
    if positive.all() or not positive.any():
        seen = ", ".join(repr(value) for value in sorted(cells.map(spelled).unique())[:5])
        raise Refusal(
            f"{name}: the target column {target!r} holds {'only' if positive.all() else 'no'} {wanted!r} "
            f"(seen: {seen}). A model needs leads that converted and leads that did not; check `positive` in [table]."
        )
    return positive


def _column(frame: pd.DataFrame, name: str, role: str, table: str) -> pd.Series:
    if name not in frame:
        near = get_close_matches(name, [str(column) for column in frame.columns], n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise Refusal(f"{table} has no column {name!r}, which the agreement names as {role} in [table].{hint}")
    return frame[name]


def _order(frame: pd.DataFrame, reading: Reading, agreement: Agreement, name: str) -> NDArray[np.float64] | None:
    """A sortable number for each row, NaN last; None where the agreement knows no order column."""
    if agreement.table.arrived is not None:
        arrived = _arrivals(reading)
        if np.isnan(arrived).all():
            raise Refusal(f"{name}: no cell of {agreement.table.arrived!r} is a time; check `arrived` in [table].")
        return arrived
    if agreement.table.order is None:
        return None
    cells = _column(frame, agreement.table.order, "order", name)
    numbers = pd.to_numeric(cells, errors="coerce")
    if numbers.notna().mean() < 0.5:
        numbers = pd.to_numeric(pd.to_datetime(cells, errors="coerce", utc=True, format="mixed"), errors="coerce")
        numbers = numbers.where(numbers > 0)
    if not numbers.notna().any():
        raise Refusal(f"{name}: no cell of the order column {agreement.table.order!r} is a number or a time.")
    return numbers.to_numpy(dtype=np.float64)


def _arrivals(reading: Reading) -> NDArray[np.float64]:
    """Seconds since 1970, NaN where missing."""
    return np.array(
        [np.nan if moment is None else moment.timestamp() for moment in reading.values[ARRIVED]], dtype=np.float64
    )


def _mature(reading: Reading, agreement: Agreement) -> NDArray[np.bool_]:
    """Older than the horizon when the table was drawn. Without arrival times every lead counts as mature."""
    return ~(_ages(reading, agreement) < agreement.goal.within_days)


def _ages(reading: Reading, agreement: Agreement) -> NDArray[np.float64]:
    """Days from arrival to when the table was drawn; NaN where no arrival is known."""
    if agreement.table.arrived is None:
        return np.full(len(reading.values), np.nan)
    arrived = _arrivals(reading)
    drawn = agreement.table.as_of
    newest = pd.Timestamp(drawn, tz="UTC").timestamp() if drawn else np.nanmax(arrived)
    return np.asarray((newest - arrived) / DAY.total_seconds())


def _waits(frame: pd.DataFrame, reading: Reading, agreement: Agreement, positive: NDArray[np.bool_]) -> Waits:
    """Later conversions than the horizon are none; a conversion without a time counts."""
    return Waits(positive, _ages(reading, agreement), _delays(frame, reading, agreement))


def _delays(frame: pd.DataFrame, reading: Reading, agreement: Agreement) -> NDArray[np.float64]:
    """Days from arrival to conversion, NaN where one of them is not known."""
    column = agreement.table.converted_at
    if column is None or agreement.table.arrived is None:
        return np.full(len(frame), np.nan)
    cells = _column(frame, column, "converted_at", "The table")
    converted = pd.to_datetime(cells, errors="coerce", utc=True, format="mixed")
    arrived = pd.to_datetime(pd.Series(_arrivals(reading), index=frame.index), unit="s", utc=True)
    return np.asarray((converted - arrived) / DAY, dtype=np.float64)


def _people(values: pd.DataFrame, agreement: Agreement, rows: NDArray[np.intp]) -> NDArray[np.int64] | None:
    asked = [key for key, field in agreement.form.fields.items() if field.kind == "email" and key in values]
    if not asked:
        return None
    return people([address and address.casefold() for address in values[asked[0]].iloc[rows]])
