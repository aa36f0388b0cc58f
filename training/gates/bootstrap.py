"""How low the mean of a paired difference may really be, by drawing the persons again. For one look only."""

from __future__ import annotations

import numpy as np

from models.encoder import Array
from training.gates.persons import People, per_person

RESAMPLES = 2_000
CERTAINTY = 0.95
SEED = 20261122
AT_ONCE = 250


def lower_bound(values: Array, person: People, resamples: int = RESAMPLES, seed: int = SEED) -> float:
    """One-sided, with 95 % certainty; in the unit of `values`, one a lead. Looked at again and again it is wrong far
    more often: `training.gates.sequence` is for that."""
    of = per_person(values, person)
    drawn = drawn_means(of.sums[:, None], of.leads, resamples, seed)[:, 0]
    return float(np.quantile(drawn, 1 - CERTAINTY))


def drawn_means(sums: Array, leads: Array, resamples: int = RESAMPLES, seed: int = SEED) -> Array:
    """Means over leads after each drawing of persons with replacement: shape (resamples, columns of `sums`)."""
    chance, people = np.random.default_rng(seed), len(leads)
    drawn = (_weights(chance, min(AT_ONCE, resamples - done), people) for done in range(0, resamples, AT_ONCE))
    return np.concatenate([(weights @ sums) / (weights @ leads)[:, None] for weights in drawn])


def _weights(chance: np.random.Generator, times: int, people: int) -> Array:
    """How often each person is drawn, at each of these times."""
    drawn = chance.integers(0, people, (times, people)) + people * np.arange(times)[:, None]
    return np.bincount(drawn.ravel(), minlength=times * people).reshape(times, people).astype(float)
