"""Gradient-boosted trees (LightGBM): the mean log-odds of several fold models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.encoder import Array

if TYPE_CHECKING:
    from lightgbm import Booster

FOLDS = 5


class Trees:
    """The mean of its boosters, in log-odds."""

    def __init__(self, boosters: Sequence[Booster]) -> None:
        self.boosters = tuple(boosters)

    def fold_log_odds(self, X: Array) -> Array:
        """Shape (fold models, leads)."""
        return np.stack([booster.predict(X, raw_score=True, num_threads=1) for booster in self.boosters])

    def log_odds(self, X: Array) -> Array:
        return np.asarray(self.fold_log_odds(X).mean(axis=0))

    def out_of_fold(self, X: Array) -> Array:
        """Of the rows that it was fitted on, the log-odds by the fold model that did not see them."""
        rows = np.arange(len(X))
        return np.asarray(self.fold_log_odds(X)[folds(len(X)), rows])

    def fold_contributions(self, X: Array, threads: int = 1) -> Array:
        """TreeSHAP in log-odds (Lundberg, Lee 2018), shape (fold models, leads, columns + 1), each model's base in the
        last column."""
        each = [booster.predict(X, pred_contrib=True, num_threads=threads) for booster in self.boosters]
        return np.stack(each)

    def to_texts(self) -> list[str]:
        return [booster.model_to_string() for booster in self.boosters]

    @staticmethod
    def from_texts(texts: Sequence[str]) -> Trees:
        """LightGBM's reader can crash the process on a damaged text: only `models.verification` may call this on
        bytes that were not yet verified."""
        from lightgbm import Booster  # takes longer to load than all else, and not every model has trees

        return Trees([Booster(model_str=text) for text in texts])


def folds(rows: int) -> NDArray[np.intp]:
    """Of each row, the number of the fold model that does not see it."""
    return np.arange(rows) * FOLDS // rows
