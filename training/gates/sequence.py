"""Bounds that stay true however often one looks: the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha,
Kennedy and Ramdas (Time-uniform central limit theory and asymptotic confidence sequences, arXiv 2103.06476)."""

from __future__ import annotations

import math

import numpy as np

from models.encoder import Array

ALPHA = 0.05
FIRST_LOOK = 400
"""Persons. The bounds are true of many, so an earlier look says nothing."""


def margin(spread: float, seen: int, planned: int, alpha: float = ALPHA) -> float:
    """How far below (or above, not both) its mean so far the true mean may lie, at every look with 1 - `alpha`.

    `spread` is the standard deviation of the numbers `seen` so far. It is narrowest at half of the `planned` number,
    which is settled before the first look."""
    if seen < FIRST_LOOK:
        return math.inf
    tuned = (-2 * math.log(2 * alpha) + math.log(-2 * math.log(2 * alpha) + 1)) / (planned / 2)
    grown = seen * tuned + 1
    return spread * math.sqrt(2 * grown / (seen**2 * tuned) * math.log(math.sqrt(grown) / (2 * alpha)))


def lower_bound(values: Array, planned: int, alpha: float = ALPHA) -> float:
    """Of the mean, by all numbers seen so far, one a person."""
    if len(values) < FIRST_LOOK:
        return -math.inf
    return float(np.mean(values)) - margin(float(np.std(values)), len(values), planned, alpha)


def upper_bound(values: Array, planned: int, alpha: float = ALPHA) -> float:
    return -lower_bound(-values, planned, alpha)
