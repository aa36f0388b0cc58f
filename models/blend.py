"""The fitted estimator: a weighted sum, in log-odds, of a logistic and of trees; either may be absent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.encoder import Array, Encoder
from models.logistic import Logistic
from models.trees import Trees


@dataclass(frozen=True)
class Explained:
    """base + contributions.sum(axis=1) = log_odds. `contributions` has shape (leads, columns); `spread` is the
    standard deviation of the log-odds over the fold models, None without trees."""

    base: float
    contributions: Array
    spread: Array | None

    @property
    def log_odds(self) -> Array:
        return np.asarray(self.base + self.contributions.sum(axis=1))


@dataclass(frozen=True)
class Blend:
    """log-odds = shift + logistic_weight · logistic + trees_weight · trees."""

    encoder: Encoder
    logistic: Logistic | None
    trees: Trees | None
    shift: float
    logistic_weight: float
    trees_weight: float

    def log_odds(self, X: Array) -> Array:
        total = np.full(len(X), self.shift)
        if self.logistic is not None:
            total += self.logistic_weight * self.logistic.log_odds(X)
        if self.trees is not None:
            total += self.trees_weight * self.trees.log_odds(X)
        return total

    def explain(self, X: Array, threads: int = 1) -> Explained:
        base, spread = self.shift, None
        contributions = np.zeros((len(X), len(self.encoder.names)))
        if self.logistic is not None:
            base += self.logistic_weight * self.logistic.base
            contributions += self.logistic_weight * self.logistic.contributions(X)
        if self.trees is not None:
            folds = self.trees.fold_contributions(X, threads)
            base += self.trees_weight * float(folds[:, 0, -1].mean())
            contributions += self.trees_weight * folds[:, :, :-1].mean(axis=0)
            spread = self.trees_weight * folds.sum(axis=2).std(axis=0)
        return Explained(base, contributions, spread)
