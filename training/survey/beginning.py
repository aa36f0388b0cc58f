"""From a table of past leads to its first agreement."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from leads.agreement import parse_agreement
from leads.refusal import Refusal
from leads.table import appearing
from training.survey.arrival import (
    Order,
    check_conversions,
    given_order,
    moments,
    obvious_arrival,
    position,
    rank_values,
    suggested_order,
)
from training.survey.draft import Facts, draft, horizon
from training.survey.fields import Survey, survey
from training.survey.sighting import Floats, look
from training.survey.target import check_columns, read_target


@dataclass(frozen=True)
class Wishes:
    """What the caller of `accord init` said."""

    target: str
    positive: str | None = None
    order: str | None = None
    arrived: str | None = None
    in_order: bool = False
    converted_at: str | None = None
    keep: Sequence[str] = ()
    leave_out: Sequence[str] = ()


def study(frame: pd.DataFrame, wishes: Wishes) -> Facts:
    """Everything the draft says; a Refusal where the table or the wishes cannot be."""
    _check(frame, wishes)
    converted, positive = read_target(frame, wishes.target, wishes.positive)
    check_conversions(frame, wishes.converted_at)
    order = given_order(frame, wishes.order, wishes.arrived, wishes.in_order)
    told = order != Order()
    if not told and (found := obvious_arrival(frame, wishes.target, converted, {*wishes.keep, *wishes.leave_out})):
        order = found
    surveyed = _survey(frame, wishes, converted, order)
    _refuse_no_fields(surveyed)
    if not told and not order.arrived:
        order = _suggested(surveyed, converted)
    arrived = moments(look(order.arrived, frame[order.arrived])) if order.arrived else None
    at = moments(look(wishes.converted_at, frame[wishes.converted_at])) if wishes.converted_at else None
    within_days, months = horizon(arrived, at)
    return Facts(surveyed, wishes.target, positive, converted, order, wishes.converted_at, within_days, months)


def write_agreement(facts: Facts, source: str, path: Path) -> None:
    """The file appears whole or not at all, and only if it reads back."""
    text = draft(facts, source)
    parse_agreement(text, path.name)
    with appearing(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


def _check(frame: pd.DataFrame, wishes: Wishes) -> None:
    named = [("--order", wishes.order), ("--arrived", wishes.arrived), ("--converted-at", wishes.converted_at)]
    listed = [*(("--keep", name) for name in wishes.keep), *(("--leave-out", name) for name in wishes.leave_out)]
    check_columns(frame, [(option, name) for option, name in [*named, *listed] if name is not None])
    for option, name in [*named, *listed]:
        if name == wishes.target and name in frame.columns:
            raise Refusal(f"{option} names “{name}”, which is the target itself; name another column.")
    if both := sorted({*wishes.keep} & {*wishes.leave_out}):
        raise Refusal(f"“{both[0]}” stands in --keep and in --leave-out; name it once.")
    if hidden := [name for name in wishes.keep if name.startswith("_")]:
        raise Refusal(
            f"“{hidden[0]}” cannot be a field, because its name begins with “_”; rename the column in the table."
        )


def _survey(frame: pd.DataFrame, wishes: Wishes, converted: Floats, order: Order) -> Survey:
    used = {name for name in (order.column, wishes.converted_at) if name is not None}
    place = position(rank_values(look(order.column, frame[order.column]))) if order.column else None
    return survey(frame, wishes.target, converted, used, wishes.keep, wishes.leave_out, place)


def _suggested(surveyed: Survey, converted: Floats) -> Order:
    columns = {name: column.seen for name, column in surveyed.columns.items()}
    dates = {name: columns[name] for name, field in surveyed.fields.items() if field.kind == "date"}
    counters = {
        name: columns[name] for name, why in surveyed.dropped.items() if name in columns and columns[name].whole
    }
    others = {name: columns[name] for name in surveyed.fields}
    return suggested_order(dates, {n: c for n, c in counters.items() if c.own_values >= 0.98}, others, converted)


def _refuse_no_fields(surveyed: Survey) -> None:
    if surveyed.fields or surveyed.campaign:
        return
    left = [*surveyed.dropped, *surveyed.known_after_contact]
    hint = f" Left out were {', '.join(f'“{name}”' for name in left[:8])}; keep one with --keep COLUMN." if left else ""
    raise Refusal(f"The table has no column that a form could ask beside the target.{hint}")
