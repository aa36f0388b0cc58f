"""One thing the form asks: its kind decides how it is checked, which features it gives and whether it is personal."""

import math
from decimal import Decimal
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict

from leads.kinds import KINDS, NUMBERS, PERSONAL, Kind, Value, cell_value, number_of, sent_value

__all__ = ["KINDS", "PERSONAL", "Field", "Kind", "Value", "from_cell", "from_json", "is_unset"]


class Field(BaseModel):
    """`column` is the name in history tables where it differs from the key; `unset` are placeholders that mean
    "not given": kept as sent in the ledger, None for features."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: Kind
    column: str | None = None
    label: str | None = None
    unit: str | None = None
    required: bool = False
    levels: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()

    @property
    def personal(self) -> bool:
        return self.kind in PERSONAL


def from_cell(field: Field, cell: object) -> Value:
    """One table cell as the value a form would give; ValueError where it does not fit the kind."""
    known = plain(cell)
    if known is None or is_unset(field, known):
        return None
    value = cell_value(field.kind, known)
    return None if is_unset(field, value) else value


def from_json(field: Field, value: object) -> Value:
    """One JSON value, checked strictly; a placeholder stays as it was sent."""
    if isinstance(value, str) and is_unset(field, value):
        return value
    return sent_value(field.kind, value)


def is_unset(field: Field, value: object) -> bool:
    if not field.unset or value is None:
        return False
    if isinstance(value, str):
        return value.strip().casefold() in placeholder_words(field.unset)
    return field.kind in NUMBERS and isinstance(value, int | float) and float(value) in placeholder_numbers(field.unset)


@lru_cache(maxsize=1024)
def placeholder_words(unset: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word.strip().casefold() for word in unset)


@lru_cache(maxsize=1024)
def placeholder_numbers(unset: tuple[str, ...]) -> frozenset[float]:
    found = set()
    for word in unset:
        try:
            found.add(number_of(word))
        except ValueError:  # a word, not a number
            continue
    return frozenset(number for number in found if number is not None)


def plain(cell: Any) -> object:
    """Without the dressing of a data frame: its scalars become Python's, its many nothings become None. They are known
    by their names, because one lead over HTTP needs no data frame and should not wait for one to load."""
    if cell is None or isinstance(cell, str):
        return cell
    named = type(cell).__name__
    if named in ("NaTType", "NAType"):
        return None
    if named == "Timestamp":
        return cell.to_pydatetime(warn=False)
    if named == "datetime64":
        return cell.astype("datetime64[us]").item()
    value = cell.item() if type(cell).__module__ == "numpy" else cell
    return None if isinstance(value, float | Decimal) and math.isnan(value) else value
