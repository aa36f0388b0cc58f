"""From a lead's values to its feature row, for one lead and for a table of them, with equal results."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from features import answer
from features.catalogue import Feature, plan
from leads.fields import Value

__all__ = ["Feature", "many", "one", "plan"]

Row = Mapping[str, float | str | None]


def one(features: Iterable[Feature], values: Mapping[str, Value]) -> dict[str, float | str | None]:
    """A lead's feature row: flags and numbers as float, levels as str, None where missing."""
    known = {key: value for key, value in values.items() if value is not None and value == value}  # NaN is missing too
    return {feature.name: _told(feature, [known.get(key) for key in feature.inputs]) for feature in features}


def _told(feature: Feature, inputs: Sequence[Value]) -> float | str | None:
    if len(inputs) == 1 and inputs[0] is None:
        return None
    result = feature.function(*inputs)
    return result if result is None or feature.kind == "level" else float(result)


def many(features: Iterable[Feature], table: pd.DataFrame) -> pd.DataFrame:
    """The feature rows of a table, row for row, equal to `one` of each: float64 with NaN, levels object with None."""
    features = tuple(features)
    groups: dict[tuple[str, ...], list[Feature]] = {}
    for feature in features:
        groups.setdefault(feature.inputs, []).append(feature)
    columns = _Columns(table)
    answers: dict[str, npt.NDArray[np.generic]] = {}
    for inputs, group in groups.items():
        answers |= _group(inputs, group, columns)
    ready = {f.name: pd.Series(answers[f.name], index=table.index, dtype=answers[f.name].dtype) for f in features}
    return pd.DataFrame(ready, index=table.index)


class _Columns:
    """The table's columns as codes of their distinct values, each worked out once; -1 means missing."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.table = table
        self.known: dict[str, npt.NDArray[np.int64]] = {}

    def codes(self, key: str) -> npt.NDArray[np.int64]:
        if key not in self.known:
            self.known[key] = pd.factorize(self.table[key])[0].astype(np.int64)
        return self.known[key]

    def floats(self, key: str) -> npt.NDArray[np.float64] | None:
        """The column where it holds numbers and nothing else."""
        if key in self.table and self.table[key].dtype == np.float64:
            return self.table[key].to_numpy()
        return None

    def missing(self, key: str) -> npt.NDArray[np.bool_]:
        if key not in self.table:
            return np.ones(len(self.table), dtype=bool)
        return self.table[key].isna().to_numpy()

    def combinations(self, keys: Sequence[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """For each row the number of its combination of values, and for each combination the first row that has it."""
        combined = np.zeros(len(self.table), dtype=np.int64)
        for key in keys:
            if key in self.table:
                codes = self.codes(key) + 1
                # Numbered afresh after every column, so that the product of the sizes cannot overflow.
                combined = pd.factorize(combined * (codes.max(initial=0) + 1) + codes)[0].astype(np.int64)
        first = np.zeros(combined.max(initial=-1) + 1, dtype=np.int64)
        first[combined[::-1]] = np.arange(len(combined) - 1, -1, -1)
        return combined, first

    def values(self, key: str, rows: npt.NDArray[np.int64]) -> list[Value]:
        if key not in self.table:
            return [None] * len(rows)
        cells = self.table[key].take(rows).to_numpy(dtype=object)
        missing = self.codes(key)[rows] < 0
        return [None if gone else cell for gone, cell in zip(missing, cells, strict=True)]


def _group(inputs: tuple[str, ...], group: list[Feature], columns: _Columns) -> dict[str, npt.NDArray[np.generic]]:
    """Features of the same inputs are asked together, combination by combination, so that what they share is worked out
    once."""
    quick = {f.name: TWINS[f.function](inputs, columns) for f in group if f.function in TWINS}
    done: dict[str, npt.NDArray[np.generic]] = {name: found for name, found in quick.items() if found is not None}
    slow = [feature for feature in group if feature.name not in done]
    if not slow:
        return done
    combined, first = columns.combinations(inputs)
    lists = [columns.values(key, first) for key in inputs]
    told = [[_told(feature, values) for feature in slow] for values in zip(*lists, strict=True)]
    for place, feature in enumerate(slow):
        distinct = np.empty(len(told), dtype=object)
        distinct[:] = [row[place] for row in told]
        done[feature.name] = (distinct if feature.kind == "level" else distinct.astype(np.float64))[combined]
    return done


def _numbers(inputs: tuple[str, ...], columns: _Columns) -> npt.NDArray[np.float64] | None:
    floats = columns.floats(inputs[0])
    return None if floats is None else np.where(np.isfinite(floats), floats, np.nan)


def _share_filled(inputs: tuple[str, ...], columns: _Columns) -> npt.NDArray[np.float64]:
    missing = np.zeros(len(columns.table), dtype=np.int64)
    for key in inputs:
        missing += columns.missing(key)
    return (len(inputs) - missing) / len(inputs)


# The same answers for a whole column at once; None where the column is not of the type it is quick for.
Twin = Callable[[tuple[str, ...], _Columns], npt.NDArray[np.float64] | None]
TWINS: Mapping[Callable[..., object], Twin] = {answer.number: _numbers, answer.share_filled: _share_filled}
