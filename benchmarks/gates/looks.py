"""How often recipes are promoted: equal ones, which should not be, and better ones, which should."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.gates.contests import Contest, contest, until
from models.encoder import Array
from training.gates import bootstrap
from training.gates.prediction import superior, superior_at_any_look

WEEKS, LEADS_A_WEEK = 12, 400
PLANNED = WEEKS * LEADS_A_WEEK
LOOKS = tuple(range(LEADS_A_WEEK, PLANNED + 1, LEADS_A_WEEK))


def contests(runs: int, noise: float, first: int = 0) -> list[Contest]:
    return [contest(first + run, PLANNED, noise) for run in range(runs)]


def promoted_at_any_look(played: Sequence[Contest]) -> float:
    """The share that passes at least once, with a look every week, by the confidence sequence."""
    passed = [any(superior_at_any_look(until(of.window, seen)).passed for seen in LOOKS) for of in played]
    return float(np.mean(passed))


def promoted_at_one_look(played: Sequence[Contest], resamples: int = bootstrap.RESAMPLES) -> float:
    return float(np.mean([superior(of.window, resamples).passed for of in played]))


def promoted_by_peeking(played: Sequence[Contest], resamples: int) -> float:
    """What the gate for one look would do if it were asked every week: the control, which must fail."""
    gains = np.column_stack([of.window.gains for of in played])
    return float(np.any([_better(gains[:seen], resamples) for seen in LOOKS], axis=0).mean())


def better_by_points(played: Sequence[Contest]) -> float:
    """Promoted the first time that the mean is better at all."""
    gains = np.column_stack([of.window.gains for of in played])
    return float(np.any([gains[:seen].mean(axis=0) > 0 for seen in LOOKS], axis=0).mean())


def _better(gains: Array, resamples: int) -> Array:
    """The same drawings for all runs, which takes a hundredth of the time and changes no run's chance."""
    drawn = bootstrap.drawn_means(gains, np.ones(len(gains)), resamples)
    return np.asarray(np.quantile(drawn, 1 - bootstrap.CERTAINTY, axis=0) > 0)
