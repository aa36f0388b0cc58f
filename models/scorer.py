"""From a lead's values to its score and reasons, for one lead and for a table, by the same numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from features.catalogue import ACTION
from features.matrix import Feature, many, one
from leads.fields import Value
from leads.lead import Contribution, Rung, Score
from models.blend import Blend, Explained
from models.encoder import Array
from models.reasons import tell

Row = Mapping[str, float | str | None]


@dataclass(frozen=True)
class TableScores:
    """The scores of a table, row for row; `features` names the columns of `explained.contributions`. `p_nurture` as in
    `Score`."""

    probability: Array
    p_nurture: Array | None
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
    None for the scorecard. One whose estimator reads who follows up scores each lead both ways."""

    features: tuple[Feature, ...]
    blend: Blend
    rung: Rung
    model: str | None = None

    @cached_property
    def scored(self) -> tuple[Feature, ...]:
        """The features that the estimator reads, in its order."""
        by_name = {feature.name: feature for feature in self.features}
        return tuple(by_name[name] for name in self.blend.encoder.names)

    @cached_property
    def action(self) -> Feature | None:
        """Who follows up, where the estimator reads it."""
        return next((feature for feature in self.scored if feature.field == ACTION), None)

    @cached_property
    def known(self) -> tuple[Feature, ...]:
        """What is known of a lead: all that the estimator reads but who follows up, which is yet to be chosen."""
        return tuple(feature for feature in self.scored if feature is not self.action)

    def row(self, values: Mapping[str, Value]) -> dict[str, float | str | None]:
        """The feature row that is scored, and kept with the decision."""
        return one(self.known, values)

    def score(self, values: Mapping[str, Value]) -> Score:
        return self.score_row(self.row(values))

    def score_row(self, row: Row) -> Score:
        if self.action is not None:
            row = {**row, self.action.name: 1.0}
        encoded = self.blend.encoder.row(row)
        explained, p_nurture = self.blend.explain(encoded), self._if_nurtured(encoded)
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
            p_nurture=None if p_nurture is None else float(p_nurture[0]),
        )

    def score_table(self, values: pd.DataFrame, threads: int = 1) -> TableScores:
        matrix = many(self.known, values)
        if self.action is not None:
            matrix[self.action.name] = 1.0
        encoded = self.blend.encoder.table(matrix)
        explained, p_nurture = self.blend.explain(encoded, threads), self._if_nurtured(encoded)
        return TableScores(sigmoids(explained.log_odds), p_nurture, explained, self.scored, matrix)

    def log_odds_table(self, values: pd.DataFrame) -> Array:
        """By who followed up, where the table has a column of it; else as if sales did."""
        matrix = many(self.scored, values)
        if self.action is not None and ACTION not in values:
            matrix[self.action.name] = 1.0
        return self.blend.log_odds(self.blend.encoder.table(matrix))

    def _if_nurtured(self, encoded: Array) -> Array | None:
        if self.action is None:
            return None
        nurtured = encoded.copy()
        nurtured[:, self.scored.index(self.action)] = 0.0
        return sigmoids(self.blend.log_odds(nurtured))


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
