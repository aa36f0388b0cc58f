"""Leads of a table whose time to convert has not passed: what they teach all the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.delay import DelayCurve, delay_curve
from models.encoder import Array

# Fewer conversions with a time say too little of how long conversions take.
ENOUGH_TIMES = 20


@dataclass(frozen=True)
class Young:
    """Oldest first. `y` is 1 for who has converted so far; `maturity` the share of conversions that come by the age of
    each; half of all conversions come within `half_days`."""

    values: pd.DataFrame
    y: Array
    maturity: Array
    half_days: float


@dataclass(frozen=True)
class Waits:
    """Of each row of a table: whether it converted, its age when the table was drawn, and the days from arrival to
    conversion (NaN: none, or not told)."""

    converted: NDArray[np.bool_]
    age: Array
    delay: Array

    def curve(self, rows: NDArray[np.intp], horizon: float) -> DelayCurve | None:
        """None where too few conversions have a time. A conversion without one tells nothing of how long it took."""
        converted, age, delay = self.converted[rows], self.age[rows], self.delay[rows]
        days = np.maximum(np.where(converted, delay, age), 0.0)
        told = ~np.isnan(days)
        if (converted & (days <= horizon)).sum() < ENOUGH_TIMES:
            return None
        curve = delay_curve(days[told], converted[told], horizon)
        return curve if curve.whole else None


def young_leads(values: pd.DataFrame, y: Array, rows: NDArray[np.intp], waits: Waits, curve: DelayCurve) -> Young:
    """`rows` of the table are the young ones."""
    maturity = curve.at(waits.age[rows])
    return Young(values.iloc[rows].reset_index(drop=True), y[rows], maturity, curve.quantile(0.5))
