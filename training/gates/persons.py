"""Leads of one person rise and fall together, so persons are what is counted when certainty is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.encoder import Array

People = NDArray[np.int64]
"""A number for each person as `training.splits.people` gives it; -1: not known, a person of their own."""


class PerPerson(NamedTuple):
    """Of each person, in the order in which they first appear: the sum over their leads, and how many these are."""

    sums: Array
    leads: Array

    @property
    def mean(self) -> float:
        """Over leads."""
        return float(self.sums.sum() / self.leads.sum())

    @property
    def values(self) -> Array:
        """One number a person, of which the mean is that over leads, and the spread what makes it uncertain."""
        return np.asarray(self.mean + (self.sums - self.mean * self.leads) / self.leads.mean())

    @property
    def standard_error(self) -> float:
        """Not a number for a single person."""
        values = self.values
        return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")


def per_person(values: Array, person: People) -> PerPerson:
    known = np.where(person < 0, -1 - np.arange(len(person)), person)
    _, first, of = np.unique(known, return_index=True, return_inverse=True)
    place = np.argsort(np.argsort(first))[of]
    leads: Array = np.bincount(place).astype(np.float64)
    return PerPerson(np.asarray(np.bincount(place, weights=values), dtype=np.float64), leads)
