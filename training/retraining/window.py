"""The leads that judge a retraining: the newest whose time to convert is over, and none of them seen by what is
judged."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.encoder import Array
from training.gates.data import LEAST_CONVERSIONS, LEAST_LEADS
from training.retraining.history import History, first_of_leads, known_at, mature

FEWEST_DAYS = 28.0
"""The window is that long at least, and grows backwards until it holds as many leads that were not nurtured as the
gates ask for, since some models are judged by these alone; but never over half of the leads that are mature."""


class JudgingWindow(NamedTuple):
    """The leads decided from `began` to `ended`, in days since 1970."""

    began: float
    ended: float
    rows: NDArray[np.intp]


class TooEarly(NamedTuple):
    """Why nothing can be judged yet, for people."""

    why: str


def judging_window(history: History) -> JudgingWindow | TooEarly:
    known = known_at(history, history.until)
    old = np.flatnonzero(mature(history))
    if not len(old):
        return TooEarly(_too_young(history))
    converted, ended = known.y[old], float(history.decided_at[old[-1]])
    each = history.weight[old]
    first = _first(history.decided_at[old], each, each * (history.action[old] != 0), converted, ended)
    rows = first_of_leads(history, old[first:])
    leads, conversions = len(rows), known.y[rows].sum()
    if leads < LEAST_LEADS or conversions < LEAST_CONVERSIONS:
        return TooEarly(_too_few(float(history.weight[old].sum()), float(leads), float(conversions)))
    return JudgingWindow(float(history.decided_at[rows[0]]), ended, rows)


def _first(decided_at: Array, weight: Array, counted: Array, converted: Array, ended: float) -> int:
    """The first row of the window, counted among the mature ones, which stand oldest first."""
    leads, judging, conversions = (one[::-1].cumsum()[::-1] for one in (weight, counted, counted * converted))
    long_enough = (decided_at <= ended - FEWEST_DAYS) & (judging >= LEAST_LEADS)
    enough = np.flatnonzero(long_enough & (conversions >= LEAST_CONVERSIONS))
    half = int(np.searchsorted(-leads, -leads[0] / 2))
    return max(half, int(enough[-1])) if len(enough) else half


def _too_young(history: History) -> str:
    if not len(history):
        return "the ledger holds no lead that may teach yet"
    oldest = history.until - history.decided_at[0]
    return (
        f"the oldest lead is {oldest:.0f} days old, and what becomes of a lead is known after {history.horizon}; "
        "`accord import leads FILE` brings in past leads"
    )


def _too_few(mature: float, leads: float, conversions: float) -> str:
    return (
        f"{mature:.0f} leads are old enough to be judged by; the newer half of them, {leads:.0f} with "
        f"{conversions:.0f} conversions, must be at least {LEAST_LEADS} with {LEAST_CONVERSIONS}"
    )
