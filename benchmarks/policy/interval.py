"""A mean over seeds with its 95 % interval."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats


class Interval(NamedTuple):
    mean: float
    low: float
    high: float

    @property
    def facts(self) -> dict[str, float]:
        return {name: round(number, 4) for name, number in self._asdict().items()}


def interval(found: Sequence[float]) -> Interval:
    """Student's, of one number a seed; of a pair's difference it is the paired interval."""
    mean = float(np.mean(found))
    half = float(stats.t.ppf(0.975, len(found) - 1) * stats.sem(found))
    return Interval(mean, mean - half, mean + half)
