"""When the leads of a table came: told by the caller, found in an obvious column, or only suggested."""

import datetime
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leads.kinds import moment_of
from leads.refusal import Refusal
from training.survey.sighting import Codes, Floats, Sighting, look, name_words

NEARLY_ALL = 0.95
DAY = 86_400.0

COMING = (
    r"\b(?:creat(?:ed|ion|e)|arriv(?:ed|al)|submi(?:tted|ssion)|received|[ei]nquiry|regist(?:ered|ration)|sign ?up"
    r"|first contact|first seen|lead|entry|eingang|erstellt|anfrage)\b"
)
TIME = r"\b(?:at|on|am|date|datetime|time|timestamp|datum)\b"
ALONE = "date|datetime|timestamp|created|arrived|received|submitted"
OBVIOUS = re.compile(rf"^(?:{ALONE})$|{COMING}.*{TIME}|{TIME}.*{COMING}")
OTHER_TIMES = re.compile(
    r"\b(?:birth|dob|born|clos\w+|won|lost|last|modified|updated?|end|converted|conversion|due|next|expir\w*|churn\w*"
    r"|check)\b"
)


@dataclass(frozen=True)
class Order:
    """At most one of the three; `said` tells how it came about, `suggestion` what to type where nothing was applied."""

    order: str | None = None
    arrived: str | None = None
    in_order: bool = False
    said: str = ""
    suggestion: str | None = None

    @property
    def column(self) -> str | None:
        return self.order or self.arrived


def moments(seen: Sighting) -> Floats:
    """Seconds since 1970 of each row, NaN where there is no time; times without a zone are read as UTC."""
    return np.append(np.array([_seconds(text) for text in seen.texts], dtype=np.float64), np.nan)[seen.codes]


def given_order(frame: pd.DataFrame, order: str | None, arrived: str | None, in_order: bool) -> Order:
    """What the caller said, checked against the table."""
    if arrived is not None:
        times = moments(look(arrived, frame[arrived]))
        if np.isfinite(times).mean() < NEARLY_ALL:
            bad = int(np.flatnonzero(~np.isfinite(times))[0])
            raise Refusal(
                f"“{arrived}” is not a time in {np.isnan(times).mean():.0%} of the rows, first in row {bad + 2} (the"
                " header is row 1). Write times such as 2026-11-23 or 2026-11-23 09:15, or name a growing number with"
                " --order."
            )
        return Order(arrived=arrived, said=f"Leads are ordered by their arrival in “{arrived}”, as you said.")
    if order is not None:
        known = np.isfinite(rank_values(look(order, frame[order])))
        if not known.mean() >= NEARLY_ALL:
            raise Refusal(
                f"“{order}” holds neither a number nor a time in {1 - known.mean():.0%} of the rows, first in row"
                f" {int(np.flatnonzero(~known)[0]) + 2} (the header is row 1), so it cannot order them. Fill it in, or"
                " name another column."
            )
        return Order(order=order, said=f"Leads are ordered by “{order}”, as you said.")
    return Order(in_order=True, said="The rows stand oldest first, as you said.") if in_order else Order()


def check_conversions(frame: pd.DataFrame, column: str | None) -> None:
    """Leads that did not convert have no time; whatever is filled in must be one."""
    if column is None:
        return
    seen = look(column, frame[column])
    filled, times = seen.codes >= 0, moments(seen)
    if not filled.any() or np.isfinite(times[filled]).mean() < NEARLY_ALL:
        raise Refusal(f"“{column}” (--converted-at) holds no times such as 2026-11-23; name the column that does.")


def rank_values(seen: Sighting) -> Floats:
    return seen.row_numbers() if seen.numeric >= NEARLY_ALL else moments(seen)


def position(values: Floats) -> Codes:
    """Each row's place in time; rows without a time stand last."""
    place = np.empty(len(values), dtype=np.int64)
    place[np.argsort(values, kind="stable")] = np.arange(len(values))
    return place


def obvious_arrival(frame: pd.DataFrame, target: str, converted: Floats, spoken_for: Collection[str]) -> Order | None:
    """A column whose name speaks of the lead's coming and whose cells are times nearly throughout; never one that sorts
    the table by its outcome."""
    for name in frame.columns:
        if name == target or name in spoken_for or name.startswith("_") or not speaks_of_arrival(name):
            continue
        times = moments(look(name, frame[name]))
        known = np.isfinite(times)
        if (
            known.mean() >= NEARLY_ALL
            and len(np.unique(times[known])) >= 10
            and not sorted_by_outcome(converted, position(times))
        ):
            said = f"“{name}” tells when each lead arrived: it is used as the order of time ([table] arrived)."
            return Order(arrived=name, said=said)
    return None


def speaks_of_arrival(name: str) -> bool:
    words = " ".join(name_words(name))
    return bool(OBVIOUS.search(words)) and not OTHER_TIMES.search(words)


def sorted_by_outcome(converted: Floats, place: Codes | None = None) -> bool:
    """Whether first nearly all of one kind come, then nearly all of the other."""
    ordered = converted if place is None else converted[np.argsort(place)]
    won, rows = ordered.sum(), len(ordered)
    if min(won, rows - won) < 5:
        return False
    ranks = np.flatnonzero(ordered == 1).sum() - won * (won - 1) / 2
    return bool(abs(ranks / (won * (rows - won)) - 0.5) > 0.45)


def suggested_order(
    dates: Mapping[str, Sighting], counters: Mapping[str, Sighting], others: Mapping[str, Sighting], converted: Floats
) -> Order:
    """Something to type, never applied: a date, a number that grows with time, or rows that look written in order."""
    for name, seen in dates.items():
        if not OTHER_TIMES.search(" ".join(seen.words)) and seen.filled >= NEARLY_ALL * seen.rows:
            return Order(suggestion=f"--arrived {_quoted(name)}    if “{name}” is when the lead arrived")
    for name, seen in counters.items():
        if not sorted_by_outcome(converted, position(rank_values(seen))):
            return Order(suggestion=f"--order {_quoted(name)}    if “{name}” grows with time")
    if sorted_by_outcome(converted):
        return Order(said="The rows are sorted by the outcome, so their order says nothing about time.")
    running = next((name for name, seen in others.items() if _runs(seen)), None)
    why = f"if the oldest lead stands first: neighbouring rows share “{running}”, so their order means something"
    return Order(suggestion=f"--in-order    {why}") if running else Order()


def _runs(seen: Sighting) -> bool:
    """Neighbours share their value far more often than chance would have it."""
    if seen.rows < 200 or not 3 <= seen.distinct <= 500 or seen.filled < 0.5 * seen.rows:
        return False
    same = float((seen.codes[1:] == seen.codes[:-1]).mean())
    share = np.append(seen.counts, seen.rows - seen.filled) / seen.rows
    return same > 0.9 and same > 0.5 + float((share**2).sum()) / 2


def _seconds(text: str) -> float:
    try:
        moment = moment_of(text)
    except ValueError:
        return np.nan
    if moment is None:
        return np.nan
    if not isinstance(moment, datetime.datetime):
        moment = datetime.datetime.combine(moment, datetime.time.min)
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=datetime.UTC)
    return aware.timestamp()


def _quoted(name: str) -> str:
    return f'"{name}"' if re.search(r"[^\w.-]", name) else name
