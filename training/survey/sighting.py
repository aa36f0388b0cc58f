"""One column of a table as its distinct values: everything `accord init` decides, it decides from these."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from leads.fields import plain
from leads.kinds import number_of, text_of

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

MISSING = -1
SAMPLE = 300


@dataclass(frozen=True)
class Sighting:
    """`codes` holds for each row the place of its value in `texts`, MISSING where there is none; `unset` are the
    placeholders that were already folded into the missing."""

    name: str
    codes: Codes
    texts: Sequence[str]
    unset: tuple[str, ...] = ()

    @cached_property
    def words(self) -> tuple[str, ...]:
        return name_words(self.name)

    @cached_property
    def counts(self) -> Codes:
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.texts)).astype(np.int64)

    @property
    def rows(self) -> int:
        return len(self.codes)

    @cached_property
    def filled(self) -> int:
        return int(self.counts.sum())

    @property
    def distinct(self) -> int:
        return len(self.texts)

    @property
    def own_values(self) -> float:
        """Distinct values for each filled row: 1 where no value repeats."""
        return self.distinct / self.filled if self.filled else 0.0

    @cached_property
    def numbers(self) -> Floats:
        """Of each distinct value, NaN where it is no number."""
        quick = pd.to_numeric(pd.Series(self.texts, dtype=object), errors="coerce").to_numpy(dtype=np.float64)
        if not np.isnan(quick).any() or not any(_number(text) is not None for text in self.texts[:SAMPLE]):
            return quick
        slow = [value if value == value else _number(text) for value, text in zip(quick, self.texts, strict=True)]
        return np.array([np.nan if value is None else value for value in slow], dtype=np.float64)

    @cached_property
    def numeric(self) -> float:
        """Share of the filled rows that hold a number."""
        return float(self.counts[np.isfinite(self.numbers)].sum() / self.filled) if self.filled else 0.0

    @cached_property
    def whole(self) -> bool:
        """Numbers throughout, without a fraction."""
        known = self.numbers
        return bool(len(known) and np.isfinite(known).all() and (known == np.floor(known)).all())

    def share(self, fits: npt.NDArray[np.bool_] | Sequence[bool]) -> float:
        """Share of the filled rows whose value fits, given for the distinct values or the first of them."""
        counts = self.counts[: len(fits)]
        return float(counts[np.asarray(fits, dtype=bool)].sum() / counts.sum()) if counts.sum() else 0.0

    def row_numbers(self) -> Floats:
        """The number in each row, NaN where there is none."""
        return np.append(self.numbers, np.nan)[self.codes]

    def without(self, placeholders: Sequence[int]) -> "Sighting":
        """The same column with these of its distinct values read as missing."""
        if not placeholders:
            return self
        places = np.full(self.distinct + 1, MISSING, dtype=np.int64)
        kept = [place for place in range(self.distinct) if place not in set(placeholders)]
        places[kept] = np.arange(len(kept))
        spelled = {self.texts[place].casefold(): self.texts[place] for place in placeholders}
        texts = [self.texts[place] for place in kept]
        return replace(self, codes=places[self.codes], texts=texts, unset=(*self.unset, *spelled.values()))


def look(name: str, column: pd.Series) -> Sighting:
    """Cells that differ only in the space around them are one value; blank cells are missing."""
    try:
        codes, values = pd.factorize(column)
    except TypeError:  # cells such as lists, which Parquet may hold
        codes, values = pd.factorize(column.map(str, na_action="ignore"))
    spelled = [value.strip() or None if isinstance(value, str) else _spelled(plain(value)) for value in values]
    places, texts = pd.factorize(np.array([*spelled, None], dtype=object))
    return Sighting(name, places.astype(np.int64)[codes], list(texts))


def _spelled(value: object) -> str | None:
    return None if value is None else text_of(value).strip() or None


def name_words(name: str) -> tuple[str, ...]:
    """ "LastActivity", "last_activity" and "Last Activity" are the same two words."""
    parted = re.sub(r"(?<=[a-zà-ÿ0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return tuple(re.findall(r"[^\W_]+", parted.lower()))


def words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _number(text: str) -> float | None:
    try:
        return number_of(text)
    except ValueError:
        return None
