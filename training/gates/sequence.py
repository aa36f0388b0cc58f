"""Bounds that stay true however often one looks: the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha,
Kennedy and Ramdas (Time-uniform central limit theory and asymptotic confidence sequences, arXiv 2103.06476)."""

from __future__ import annotations

import math

import numpy as np

from models.encoder import Array

ALPHA = 0.05
FIRST_LOOK = 400
"""Persons. The bounds are true of many, so an earlier look says nothing."""
PLANNED = 2_400
"""Persons; the bounds are narrowest at half of them. It is settled here, before anybody's first look; at 400 or 6,400
they would be narrower by a twentieth if it were settled for that."""


def margin(spread: float, seen: int) -> float:
    """How far below (or above, not both) its mean so far the true mean may lie, at every look with 1 - ALPHA.

    `spread` is the standard deviation of the numbers `seen` so far."""
    if seen < FIRST_LOOK:
        return math.inf
    tuned = (-2 * math.log(2 * ALPHA) + math.log(-2 * math.log(2 * ALPHA) + 1)) / (PLANNED / 2)
    grown = seen * tuned + 1
    return spread * math.sqrt(2 * grown / (seen**2 * tuned) * math.log(math.sqrt(grown) / (2 * ALPHA)))


def lower_bound(values: Array) -> float:
    """Of the mean, by all numbers seen so far, one a person."""
    if len(values) < FIRST_LOOK:
        return -math.inf
    return float(np.mean(values)) - margin(float(np.std(values)), len(values))


def upper_bound(values: Array) -> float:
    return -lower_bound(-values)
