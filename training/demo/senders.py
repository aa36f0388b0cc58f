"""The leads that a demo sends: new ones of the simulated company, or the newest rows of the user's table."""

import datetime
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from leads.agreement import Agreement
from leads.form import ARRIVED
from leads.json_form import JsonForm, json_form
from leads.table import read_values, table_chunks, write_chunks
from training.company.forms import FORM
from training.company.presets import PRESETS
from training.simulate import history, simulate

PAST_LEADS = 5_000
DAYS = 365
SEED = 1
NEW_LEADS = 12
WEEK_LEADS = 260
WEEK = 7


@dataclass(frozen=True, slots=True)
class Visitor:
    """`form` is the JSON object that a page would send: what is missing is left out."""

    name: str
    form: JsonForm


def simulated_company(file: Path) -> pd.DataFrame:
    """Writes a year of past leads that ends today as the company's CRM would export it; returns the next new leads."""
    world = replace(PRESETS["saas_fast"], start=first_monday(datetime.datetime.now(datetime.UTC)))
    leads = simulate(world, PAST_LEADS + NEW_LEADS, DAYS, SEED)
    past = history(world, leads.iloc[:PAST_LEADS], SEED)
    write_chunks(file, [past])
    return leads.iloc[PAST_LEADS:]


def coming_week(file: Path) -> None:
    """Writes the leads of next week, of other people."""
    today = datetime.datetime.now(datetime.UTC)
    world = replace(PRESETS["saas_fast"], start=today + datetime.timedelta(days=WEEK - today.weekday()))
    write_chunks(file, [simulate(world, WEEK_LEADS, WEEK, SEED + 2)[["created_at", *FORM]]])


def first_monday(today: datetime.datetime) -> datetime.datetime:
    start = today - datetime.timedelta(days=DAYS)
    return start - datetime.timedelta(days=start.weekday())


def newest_rows(file: Path, agreement: Agreement) -> pd.DataFrame:
    """The last rows in the order that the agreement knows, else in the file's; the index is the row's place there."""
    newest, place = pd.DataFrame(), 0
    for chunk in table_chunks(file):
        known = pd.concat([newest, chunk.set_axis(range(place, place + len(chunk)), axis="index")])
        newest, place = known.loc[ordered(known, agreement)].tail(NEW_LEADS), place + len(chunk)
    return newest


def ordered(frame: pd.DataFrame, agreement: Agreement) -> pd.Index:
    """The frame's index, oldest row first; rows without a place in time stand before all others."""
    if agreement.table.arrived in frame.columns:
        moment = pd.to_datetime(read_values(frame, agreement).values[ARRIVED], utc=True)
        return moment.sort_values(kind="stable", na_position="first").index
    if agreement.table.order in frame.columns:
        place = frame[agreement.table.order]
        number = pd.to_numeric(place, errors="coerce")
        return (place if number.isna().all() else number).sort_values(kind="stable", na_position="first").index
    return frame.index


def visitors(rows: pd.DataFrame, agreement: Agreement) -> list[Visitor]:
    values = read_values(rows, agreement).values
    rows_of_values = values.itertuples(index=False, name=None)
    filled = [json_form(dict(zip(values.columns, row, strict=True))) for row in rows_of_values]
    order = agreement.table.order
    places = [f"{order} {cell}" for cell in rows[order]] if order in rows else [f"row {n + 1}" for n in rows.index]
    return [Visitor(who(sent, agreement) or place, sent) for sent, place in zip(filled, places, strict=True)]


def who(form: JsonForm, agreement: Agreement) -> str | None:
    """The name on the form, else the company, else the e-mail address."""
    kinds = {key: field.kind for key, field in agreement.form.fields.items()}
    for kind in ("person", "company", "email"):
        named = [str(value) for key, value in form.items() if kinds.get(key) == kind]
        if named:
            return " ".join(named)
    return None
