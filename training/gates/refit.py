"""Is the model refitted on every lead still the one that was judged?"""

from __future__ import annotations

import numpy as np

from models.encoder import Array
from training.gates.gate import Gate

MOST_ON_AVERAGE = 0.4
MOST_OF_NEARLY_ALL = 1.25
"""Distances of log-odds: the mean, and what 99 of 100 leads keep."""


def near(judged: Array, refitted: Array) -> Gate:
    """Log-odds of the window's leads by the model that the gates judged, fitted before the window, and by the same
    recipe fitted on every lead, the window's among them."""
    apart = np.abs(refitted - judged) if np.isfinite(refitted).all() else np.full(len(judged), np.nan)
    mean, nearly_all = float(apart.mean()), float(np.quantile(apart, 0.99))
    numbers = {"leads": float(len(judged)), "mean": mean, "nearly_all": nearly_all}
    passed = mean <= MOST_ON_AVERAGE and nearly_all <= MOST_OF_NEARLY_ALL
    return Gate("refit", passed, _sentence(mean, nearly_all), numbers)


def _sentence(mean: float, nearly_all: float) -> str:
    if np.isnan(mean):
        return "Fitted again on every lead, the challenger gives some leads no number."
    return (
        f"Fitted again on every lead, the challenger moves a lead's odds by {np.expm1(mean):.0%} on average "
        f"({np.expm1(MOST_ON_AVERAGE):.0%} is tolerated) and those of 99 in 100 leads by {np.expm1(nearly_all):.0%} at "
        f"most ({np.expm1(MOST_OF_NEARLY_ALL):.0%})."
    )
