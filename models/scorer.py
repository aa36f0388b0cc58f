"""From a lead's values to its score and reasons, for one lead and for a table, by the same numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from features.matrix import Feature, many, one
from leads.fields import Value
from leads.lead import Contribution, Rung, Score
from models.blend import Blend, Explained
from models.encoder import Array
from models.reasons import tell

Row = Mapping[str, float | str | None]


@dataclass(frozen=True)
class TableScores:
    """The scores of a table, row for row; `features` names the columns of `explained.contributions`."""

    probability: Array
    explained: Explained
    features: tuple[Feature, ...]
    matrix: pd.DataFrame

    def contribution(self, row: int, column: int) -> Contribution:
        feature = self.features[column]
        effect = float(self.explained.contributions[row, column])
        return Contribution(feature.name, feature.field, tell(feature, self.cells[feature.name][row]), effect)

    @cached_property
    def cells(self) -> dict[str, list[float | str | None]]:
        return {feature.name: self.matrix[feature.name].tolist() for feature in self.features}


@dataclass(frozen=True)
class Scorer:
    """What scores: a trained model or the scorecard. `model` is its name in the registry, such as "conversion/7";
    None for the scorecard."""

    features: tuple[Feature, ...]
    blend: Blend
    rung: Rung
    model: str | None = None

    @cached_property
    def scored(self) -> tuple[Feature, ...]:
        """The features that the estimator reads, in its order."""
        by_name = {feature.name: feature for feature in self.features}
        return tuple(by_name[name] for name in self.blend.encoder.names)

    def row(self, values: Mapping[str, Value]) -> dict[str, float | str | None]:
        """The feature row that is scored, and kept with the decision."""
        return one(self.scored, values)

    def score(self, values: Mapping[str, Value]) -> Score:
        return self.score_row(self.row(values))

    def score_row(self, row: Row) -> Score:
        explained = self.blend.explain(self.blend.encoder.row(row))
        effects = explained.contributions[0].tolist()
        log_odds = float(explained.log_odds[0])
        return Score(
            probability=sigmoid(log_odds),
            log_odds=log_odds,
            base=explained.base,
            contributions=tuple(
                Contribution(feature.name, feature.field, tell(feature, row[feature.name]), effect)
                for feature, effect in zip(self.scored, effects, strict=True)
            ),
            scored_by=self.rung,
            model=self.model,
            spread=None if explained.spread is None else float(explained.spread[0]),
        )

    def score_table(self, values: pd.DataFrame, threads: int = 1) -> TableScores:
        matrix = many(self.scored, values)
        explained = self.blend.explain(self.blend.encoder.table(matrix), threads)
        return TableScores(sigmoids(explained.log_odds), explained, self.scored, matrix)

    def log_odds_table(self, values: pd.DataFrame) -> Array:
        return self.blend.log_odds(self.blend.encoder.table(many(self.scored, values)))


def sigmoid(log_odds: float) -> float:
    """Without overflow at either end."""
    if log_odds >= 0:
        return 1.0 / (1.0 + math.exp(-log_odds))
    odds = math.exp(log_odds)
    return odds / (1.0 + odds)


def sigmoids(log_odds: Array) -> Array:
    return np.exp(-np.logaddexp(0.0, -log_odds))


def logit(probability: float) -> float:
    return math.log(probability / (1.0 - probability))
