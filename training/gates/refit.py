"""Is the model refitted on every lead still the one that was judged?"""

from __future__ import annotations

import numpy as np

from models.encoder import Array
from training.gates.gate import Gate

MOST_TOGETHER = 1.0
MOST_ON_AVERAGE = 0.4
MOST_OF_NEARLY_ALL = 1.25
"""Distances of log-odds: of all leads together, as a rate that moves would have it; of each lead beyond that, in the
mean, and what 99 of 100 leads keep."""


def near(judged: Array, refitted: Array) -> Gate:
    """Log-odds of the window's leads by the model that the gates judged, fitted before the window, and by the same
    recipe fitted on every lead, the window's among them."""
    moved = refitted - judged if np.isfinite(refitted).all() else np.full(len(judged), np.nan)
    together = float(moved.mean())
    apart = np.abs(moved - together)
    mean, nearly_all = float(apart.mean()), float(np.quantile(apart, 0.99))
    numbers = {"leads": float(len(judged)), "together": together, "mean": mean, "nearly_all": nearly_all}
    passed = abs(together) <= MOST_TOGETHER and mean <= MOST_ON_AVERAGE and nearly_all <= MOST_OF_NEARLY_ALL
    return Gate("refit", passed, _sentence(abs(together), mean, nearly_all), numbers)


def _sentence(together: float, mean: float, nearly_all: float) -> str:
    if np.isnan(together):
        return "Fitted again on every lead, the challenger gives some leads no number."
    return (
        f"Fitted again on every lead, the challenger moves the odds of all by {np.expm1(together):.0%} "
        f"({np.expm1(MOST_TOGETHER):.0%} is tolerated), beyond that a lead's by {np.expm1(mean):.0%} on average "
        f"({np.expm1(MOST_ON_AVERAGE):.0%}) and those of 99 in 100 leads by {np.expm1(nearly_all):.0%} at most "
        f"({np.expm1(MOST_OF_NEARLY_ALL):.0%})."
    )
