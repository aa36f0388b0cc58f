"""From feature values to the numbers that estimators read; which levels and columns exist is learned from data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.catalogue import ACTION
from features.matrix import Feature
from models.rules import RuleHolds

Array = NDArray[np.float64]

# Privacy: a level that fewer leads, or people where they are known, share is pooled with all other rare ones and stored
# nowhere.
RARE = 20
OTHER, MISSING, FIRST = 0, 1, 2


@dataclass(frozen=True)
class NumberColumn:
    """A number or a flag: itself, NaN where it is missing. `action` marks who follows up, `agreed` is the log-odds that
    the agreement gives its own rule; fitting alone asks for them."""

    name: str
    action: bool = False
    agreed: float | None = None


@dataclass(frozen=True)
class LevelColumn:
    """A level: 0 = any other level, 1 = missing, 2… = the levels in order."""

    name: str
    levels: tuple[str, ...]

    @property
    def codes(self) -> dict[str | None, float]:
        return {None: float(MISSING)} | {level: float(FIRST + place) for place, level in enumerate(self.levels)}

    @property
    def width(self) -> int:
        return FIRST + len(self.levels)


Column = NumberColumn | LevelColumn


class Encoder:
    """Turns rows of feature values into rows of float64, shape (leads, columns)."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = tuple(columns)
        self.names = tuple(column.name for column in columns)
        self.level_places = [place for place, column in enumerate(columns) if isinstance(column, LevelColumn)]
        marked = [place for place, one in enumerate(columns) if isinstance(one, NumberColumn) and one.action]
        self.action = marked[0] if marked else None
        self._codes = [column.codes if isinstance(column, LevelColumn) else None for column in columns]

    def row(self, values: Mapping[str, float | str | None]) -> Array:
        encoded = np.empty((1, len(self.names)))
        for place, (name, codes) in enumerate(zip(self.names, self._codes, strict=True)):
            value = values[name]
            if codes is not None:
                encoded[0, place] = codes.get(value, OTHER)  # type: ignore[arg-type]  # levels are str or None
            else:
                encoded[0, place] = np.nan if value is None else value
        return encoded

    def table(self, matrix: pd.DataFrame) -> Array:
        encoded = np.empty((len(matrix), len(self.names)))
        for place, (name, codes) in enumerate(zip(self.names, self._codes, strict=True)):
            column = matrix[name]
            if codes is None:
                encoded[:, place] = column.to_numpy(dtype=np.float64, na_value=np.nan)
            else:
                encoded[:, place] = _level_codes(column, codes)
        return encoded

    def to_json(self) -> list[dict[str, object]]:
        return [
            {"name": column.name} | ({"levels": list(column.levels)} if isinstance(column, LevelColumn) else {})
            for column in self.columns
        ]

    @staticmethod
    def from_json(columns: Sequence[Mapping[str, object]]) -> Encoder:
        return Encoder([_column_from_json(column) for column in columns])


def fit_encoder(
    features: Sequence[Feature], matrix: pd.DataFrame, person: NDArray[np.integer] | None = None
) -> Encoder:
    """Learns levels from the rows given; a column that never varies in them is left out, unless people gave it points:
    those hold for later leads too. `person` tells rows of the same person, who may have written many times."""
    columns: list[Column] = []
    for feature in features:
        values = matrix[feature.name]
        if feature.kind != "level":
            agreed = feature.function.log_odds if isinstance(feature.function, RuleHolds) else None
            if agreed is not None or values.nunique(dropna=False) > 1:
                columns.append(NumberColumn(feature.name, feature.field == ACTION, agreed))
            continue
        counts = _counted(values, person)
        levels = tuple(sorted(str(level) for level, count in counts.items() if count >= RARE))
        if len(levels) + (counts.sum() > counts[list(levels)].sum()) + bool(values.isna().any()) > 1:
            columns.append(LevelColumn(feature.name, levels))
    return Encoder(columns)


def _counted(values: pd.Series, person: NDArray[np.integer] | None) -> pd.Series:
    """How many share each level."""
    if person is None:
        return values.value_counts(dropna=True)
    return pd.Series(person).groupby(values.to_numpy()).nunique()


def _level_codes(column: pd.Series, codes: Mapping[str | None, float]) -> Array:
    places, distinct = pd.factorize(column, use_na_sentinel=True)
    look_up = np.array([codes.get(level, float(OTHER)) for level in distinct] + [float(MISSING)])
    return look_up[places]  # a missing value has place -1: the last entry


def _column_from_json(column: Mapping[str, object]) -> Column:
    name, levels = str(column["name"]), column.get("levels")
    if levels is None:
        return NumberColumn(name)
    if not isinstance(levels, list):
        raise TypeError(f"levels of {name} must be a list")
    return LevelColumn(name, tuple(str(level) for level in levels))
