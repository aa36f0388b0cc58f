"""How long conversions take: the share of them that is seen by an age.

Ages and delays are days since the decision. Only conversions within the horizon count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from models.encoder import Array


@dataclass(frozen=True, slots=True)
class DelayCurve:
    """F(age), the share of the final conversions that is seen by an age: 0 at first, a step up at each of `days`
    (ascending) to `shares`, 1 at the horizon. `followed` is the greatest age of a lead: where it is below the horizon,
    "final" means by then. Where nobody converted and so nothing is known, conversions are spread evenly."""

    horizon: float
    days: Array
    shares: Array
    followed: float

    def at(self, ages: ArrayLike) -> Array:
        if not len(self.days):
            return np.clip(np.asarray(ages, dtype=float) / self.horizon, 0.0, 1.0)
        passed = np.searchsorted(self.days, np.asarray(ages, dtype=float), side="right")
        return np.concatenate(([0.0], self.shares))[passed]

    def quantile(self, share: float) -> float:
        """The age by which that share of the final conversions is seen."""
        if not len(self.days):
            return share * self.horizon
        return float(self.days[np.searchsorted(self.shares, share - 1e-12)])

    @property
    def quartiles(self) -> tuple[float, float, float]:
        return self.quantile(0.25), self.quantile(0.5), self.quantile(0.75)

    @property
    def whole(self) -> bool:
        """Whether a lead was followed up to the horizon."""
        return self.followed >= self.horizon


def delay_curve(days: ArrayLike, converted: ArrayLike, horizon: float) -> DelayCurve:
    """Kaplan–Meier: `days` from decision to conversion, or of those who have not converted, to now. A conversion counts
    before a departure of the same day; one beyond the horizon is none.

    Leads of all ages are taken to convert at one rate. Where rates moved, `models.ladder` is without bias.
    """
    from scipy import stats  # comes with LightGBM

    passed = np.asarray(days, dtype=float)
    within = np.asarray(converted, dtype=bool) & (passed <= horizon)
    passed = np.minimum(passed, horizon)
    followed = float(passed.max(initial=0.0))
    if not within.any():
        return DelayCurve(horizon, np.zeros(0), np.zeros(0), followed)
    left = stats.ecdf(stats.CensoredData.right_censored(passed, ~within)).sf
    steps = np.diff(left.probabilities, prepend=1.0) < 0
    shares = (1 - left.probabilities[steps]) / (1 - left.probabilities[-1])
    return DelayCurve(horizon, left.quantiles[steps], shares, followed)
