"""What is kept of a training for people to compare: candidates by their figures, tables by their columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from models.encoder import Array
from models.scorer import Scorer, sigmoids
from training.evaluation import metrics
from training.recipe import Recipe
from training.record import LABEL, CandidateRecord


def candidate_record(
    name: str,
    recipe: Recipe | None,
    log_odds: Array,
    labels: Array,
    capacity: float,
    extra: Mapping[str, float],
    curve: Sequence[float] = (),
) -> CandidateRecord:
    """`extra` are figures that are no metrics: the seconds that it took, the size of its bundle."""
    return CandidateRecord(
        name=name,
        params=_params(recipe),
        metrics=metrics(labels, log_odds, capacity) | dict(extra),
        curves={"trees/log_loss": list(curve)} if curve else {},
        probabilities=sigmoids(log_odds),
    )


def _params(recipe: Recipe | None) -> dict[str, float | int | str]:
    """Flat, and only what the recipe has: settings of a part that is absent would only blur a comparison."""
    if recipe is None:
        return {}
    flat: dict[str, float | int | str] = {}
    for part, settings in (("logistic", recipe.logistic), ("trees", recipe.trees)):
        if settings is not None:
            flat |= {f"{part}.{name}": value for name, value in asdict(settings).items()}
            flat[f"{part}.half_life"] = getattr(recipe, f"{part}_half_life") or "none"
    if recipe.logistic is not None and recipe.trees is not None:
        flat |= {"trust": recipe.trust, "logistic_share": recipe.logistic_share}
    return flat


def labelled(matrix: pd.DataFrame, y: Array) -> pd.DataFrame:
    return matrix.assign(**{LABEL: y}).reset_index(drop=True)


def overview(scorer: Scorer, matrix: pd.DataFrame, most: int = 2000) -> dict[str, float]:
    """Mean |contribution| by feature label, over at most `most` leads spread over the table."""
    rows = np.unique(np.linspace(0, len(matrix) - 1, min(most, len(matrix))).astype(int))
    encoded = scorer.blend.encoder.table(matrix.iloc[rows])
    strength = np.abs(scorer.blend.explain(encoded).contributions).mean(axis=0)
    told = zip((feature.label for feature in scorer.scored), strength.tolist(), strict=True)
    return dict(sorted(told, key=lambda pair: -pair[1]))
