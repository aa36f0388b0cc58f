"""Looks at a table column by column: what becomes a field of the form, what is dropped, what knows the outcome."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leads.fields import Field
from leads.form import CAMPAIGN_FIELDS, fold_keys
from leads.kinds import FLAGS, NUMBERS, TEXTS, Kind
from training.survey.kind import kind_of, unreadable_date
from training.survey.leakage import leaks
from training.survey.placeholder import numeric_placeholders, placeholders
from training.survey.power import outcome_of
from training.survey.sighting import Codes, Floats, Sighting, look, name_words, words_of

ROWS_TO_NAME_A_LEVEL = 20
"""Rarer levels are pooled and never stored, so that no file tells of a single person."""
MOST_LEVELS = 200
ROWS_TO_JUDGE = 30

ID_WORDS = words_of("id ids uuid guid userid leadid customerid clientid recordid contactid rowid mql")
NUMBERING_WORDS = ID_WORDS | words_of(
    "number no nr num nummer key index idx serial seq sequence row record ref reference unnamed code"
)


@dataclass(frozen=True)
class Column:
    """A column without its placeholders, and the kind it would have as a field."""

    seen: Sighting
    kind: Kind


@dataclass(frozen=True)
class Survey:
    """Every column but the target and those that [table] reads itself stands in one of `fields` (by column, not by
    key), `campaign`, `dropped` and `known_after_contact` (with the reason)."""

    rows: int
    columns: Mapping[str, Column]
    keys: Mapping[str, str]
    fields: Mapping[str, Field]
    campaign: tuple[str, ...]
    dropped: Mapping[str, str]
    known_after_contact: Mapping[str, str]


def survey(
    frame: pd.DataFrame,
    target: str,
    converted: Floats,
    used: Collection[str] = (),
    keep: Collection[str] = (),
    leave_out: Collection[str] = (),
    position: Codes | None = None,
) -> Survey:
    """`used` are the columns that [table] reads itself; `position` is each row's place in time where that is known."""
    names = [name for name in frame.columns if name != target and not name.startswith("_")]
    keys = dict(zip(names, fold_keys(names), strict=True))
    columns = {name: read_column(name, frame[name]) for name in names}
    judged = {name: column for name, column in columns.items() if name not in used and name not in leave_out}
    campaign = tuple(name for name in judged if keys[name] in CAMPAIGN_FIELDS and judged[name].kind in TEXTS)
    dropped = {name: "its name begins with “_”, which no field does" for name in frame.columns if name.startswith("_")}
    dropped |= {name: why for name, column in judged.items() if name not in keep and (why := useless(column))}
    known = {name: "left out by hand (--leave-out)" for name in names if name in leave_out}
    free = {n: (c.seen, c.kind) for n, c in judged.items() if n not in dropped and n not in keep}
    known |= {leak.column: leak.evidence for leak in leaks(free, outcome_of(converted, position), name_words(target))}
    campaign = tuple(name for name in campaign if name not in known)
    out = {*dropped, *known, *campaign}
    fields = {name: _field(column, keys[name]) for name, column in judged.items() if name not in out}
    return Survey(len(frame), columns, keys, fields, campaign, dropped, known)


def read_column(name: str, column: pd.Series) -> Column:
    """Words such as "none" may be a level among levels; where the rest are numbers or dates they mean nothing."""
    seen = look(name, column)
    seen = seen.without(placeholders(seen))
    kind = kind_of(seen)
    if kind in TEXTS and (words := numeric_placeholders(seen)):
        rest = seen.without(words)
        if (other := kind_of(rest)) not in TEXTS and (other not in FLAGS or rest.distinct > 1):
            return Column(rest, other)
    return Column(seen, kind)


def useless(column: Column) -> str | None:
    """Why the column is no field: it says nothing, or something about one row alone."""
    seen = column.seen
    if not seen.filled:
        return "never filled in"
    if seen.distinct == 1 and seen.filled == seen.rows:
        return f"every row has the same value{_quoted(column)}"
    if column.kind in ("category", "text") and unreadable_date(seen):
        return "dates in which day and month cannot be told apart; written as 2026-11-23 they could be used"
    if column.kind in ("number", "category") and (why := _numbers_the_rows(seen)):
        return why
    return None


def _quoted(column: Column) -> str:
    if column.kind in ("category", *FLAGS, *NUMBERS) and column.seen.filled >= ROWS_TO_NAME_A_LEVEL:
        return f" (“{column.seen.texts[0][:40]}”)"
    return ""


def _numbers_the_rows(seen: Sighting) -> str | None:
    named = bool(set(seen.words) & NUMBERING_WORDS) or not seen.words
    if (
        set(seen.words) & ID_WORDS
        and seen.own_values >= 0.5
        and seen.distinct > 1
        and (seen.whole or seen.numeric < 0.5)
    ):
        return "identifier: its name says so and its values hardly repeat"
    if seen.whole and seen.own_values >= 0.98 and seen.filled >= 5:
        if named:
            return "identifier: whole numbers that do not repeat, and its name speaks of numbering"
        if seen.filled >= ROWS_TO_JUDGE and (_steady(seen) or _dense(seen)):
            return "identifier: it counts the rows"
    if seen.numeric >= 0.95 or seen.filled < ROWS_TO_JUDGE:
        return None
    if seen.own_values >= 0.9 or (seen.own_values >= 0.5 and seen.counts.max() < ROWS_TO_NAME_A_LEVEL):
        return f"identifier: {seen.distinct:,} different values in {seen.filled:,} filled rows"
    return None


def _steady(seen: Sighting) -> bool:
    """Growing or falling from row to row throughout the file."""
    numbers = seen.row_numbers()
    steps = np.diff(numbers[np.isfinite(numbers)])
    return bool(len(steps) and max((steps > 0).mean(), (steps < 0).mean()) > 0.97)


def _dense(seen: Sighting) -> bool:
    """So many different whole numbers in so narrow a range that no measurement would have missed a repetition."""
    span = float(seen.numbers.max() - seen.numbers.min())
    return seen.own_values == 1 and seen.filled >= 100 and span <= 5 * seen.filled


def _field(column: Column, key: str) -> Field:
    seen, kind = column.seen, column.kind
    return Field(
        kind=kind,
        column=seen.name if seen.name != key else None,
        label=_label(seen),
        levels=common_levels(seen) if kind == "category" else (),
        unset=seen.unset,
    )


def common_levels(seen: Sighting) -> tuple[str, ...]:
    """The most common first."""
    order = sorted(range(seen.distinct), key=lambda place: (-int(seen.counts[place]), seen.texts[place]))
    return tuple(seen.texts[p] for p in order[:MOST_LEVELS] if seen.counts[p] >= ROWS_TO_NAME_A_LEVEL)


def _label(seen: Sighting) -> str | None:
    """Only for names that no one would say aloud: EstimatedSalary, emp.var.rate."""
    if " " in seen.name.strip() or not seen.words:
        return None
    spoken = " ".join(seen.words)
    return None if spoken == seen.name.lower().replace("_", " ").strip() else spoken[:1].upper() + spoken[1:]
