"""The forms of a rehearsal: the rows of a table, and when each of them comes."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from pydantic import BaseModel

from leads.agreement import Agreement
from leads.form import ARRIVED, form_class
from leads.json_form import JsonForm, json_form
from leads.reading import Reading
from leads.refusal import Refusal
from leads.table import read_table, read_values
from serving.edge.json_body import validated
from serving.problems import Problem
from serving.team.assignment import hours_of_sales

DAYTIME = (time(7), time(21))
"""When forms come where the table does not say it."""


class TimedForm(NamedTuple):
    """`row` is its place in the table, from 1."""

    row: int
    at: datetime
    sent: JsonForm
    form: BaseModel


class Forms(NamedTuple):
    """What is played, oldest first, and how the table was read. `later` rows come after the last day; `untimed` ones
    say no time where others do; `refused` says how often a page would have refused a form, and why."""

    timed: Sequence[TimedForm]
    reading: Reading
    later: int
    untimed: int
    refused: Mapping[str, int]
    weekday: str | None


def forms_of(file: Path, agreement: Agreement, first: date, days: int, seed: int) -> Forms:
    reading = read_values(read_table(file), agreement)
    zone, ends = ZoneInfo(agreement.sales.timezone), first + timedelta(days=days)
    told = _told_times(reading.values, zone)
    moments = _shifted(told, first, zone) if told is not None else _spread(reading.values, agreement, first, days, seed)
    played = {place: moment for place, moment in moments.items() if moment.astimezone(zone).date() < ends}
    if not played:
        raise Refusal(f"{file} holds no lead to play.")
    refused: Counter[str] = Counter()
    timed = sorted(_forms(reading.values, played, agreement, refused), key=lambda one: (one.at, one.row))
    untimed = len(reading.values) - len(moments)
    weekday = f"{min(told.values()):%A}" if told else None
    return Forms(timed, reading, len(moments) - len(played), untimed, refused, weekday)


def _told_times(values: pd.DataFrame, zone: ZoneInfo) -> dict[int, datetime] | None:
    """When each row came, by the clock of the sales team; None where the table tells no time at all."""
    if ARRIVED not in values:
        return None
    told = {place: moment.astimezone(zone) for place, moment in enumerate(values[ARRIVED]) if moment is not None}
    return told or None


def _shifted(told: Mapping[int, datetime], first: date, zone: ZoneInfo) -> dict[int, datetime]:
    """By whole days, so that the first one comes on `first` and each at its own time of the day."""
    days = first - min(told.values()).date()
    return {place: (moment.replace(tzinfo=None) + days).replace(tzinfo=zone) for place, moment in told.items()}


def _spread(values: pd.DataFrame, agreement: Agreement, first: date, days: int, seed: int) -> dict[int, datetime]:
    """Over the days on which sales works, in the order of the file."""
    zone, hours = ZoneInfo(agreement.sales.timezone), hours_of_sales(agreement)
    every = [first + timedelta(days=number) for number in range(days)]
    chosen = [day for day in every if hours.minutes_on(day)] or every
    opens, closes = (60 * moment.hour for moment in DAYTIME)
    draws = np.sort(np.random.default_rng([seed, 0]).uniform(0, len(chosen), len(values)))
    return {
        place: _at(chosen[int(draw)], opens + draw % 1 * (closes - opens), zone) for place, draw in enumerate(draws)
    }


def _at(day: date, minutes: float, zone: ZoneInfo) -> datetime:
    return (datetime.combine(day, time.min) + timedelta(seconds=round(60 * minutes))).replace(tzinfo=zone)


def _forms(
    values: pd.DataFrame, played: Mapping[int, datetime], agreement: Agreement, refused: Counter[str]
) -> Iterator[TimedForm]:
    form, rows = form_class(agreement), values.iloc[list(played)].itertuples(index=False, name=None)
    for (place, moment), row in zip(played.items(), rows, strict=True):
        sent = json_form(dict(zip(values.columns, row, strict=True)))
        try:
            yield TimedForm(place + 1, moment, sent, validated(form, dict(sent)))
        except Problem as problem:
            refused.update({wrong.detail for wrong in problem.places})
