"""What moves the scores: how much each field adds on average, and what single answers to the strongest ones add."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.matrix import Feature
from models.encoder import RARE, Array
from models.reasons import told_value
from training.assessment.segments import UNSAID, shown

STRONGEST = 3
MOST_LABELS = 15
MOST_LEVELS = 8
PARTS = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer adds to the log-odds, on average over the leads that gave it."""

    answer: str
    leads: int
    effect: float


@dataclass(frozen=True)
class Strong:
    label: str
    answers: Sequence[Answer]


@dataclass(frozen=True)
class Influence:
    """`fields`: label to mean |contribution| in log-odds, the strongest first."""

    fields: Sequence[tuple[str, float]]
    left_out: int
    strongest: Sequence[Strong]


def influence(features: Sequence[Feature], matrix: pd.DataFrame, contributions: Array) -> Influence:
    if not len(matrix):
        return Influence((), 0, ())
    strength = np.abs(contributions).mean(axis=0)
    ranked = [place for place in np.argsort(-strength, kind="stable").tolist() if strength[place] > 0]
    labels = [(features[place].label, float(strength[place])) for place in ranked]
    strong = [
        Strong(features[place].label, list(_answers(features[place], matrix, contributions[:, place])))
        for place in ranked[:STRONGEST]
    ]
    return Influence(labels[:MOST_LABELS], max(0, len(labels) - MOST_LABELS), strong)


def _answers(feature: Feature, matrix: pd.DataFrame, effects: Array) -> Iterator[Answer]:
    column = matrix[feature.name]
    told = _ranges(column, feature) if feature.kind == "number" else shown(column, feature.kind)
    names = list(dict.fromkeys(told[np.argsort(column.to_numpy(), kind="stable")])) if feature.kind == "number" else []
    counts = pd.Series(told).value_counts()
    for name in names or list(counts.index[:MOST_LEVELS]):
        if counts[name] >= RARE:
            yield Answer(str(name), int(counts[name]), float(effects[told == name].mean()))


def _ranges(column: pd.Series, feature: Feature) -> np.ndarray:
    """Five parts of about equally many leads, from the least to the most."""
    values = column.to_numpy(dtype=np.float64)
    there = values[~np.isnan(values)]
    edges = np.unique(np.quantile(there, np.linspace(0, 1, PARTS + 1))) if len(there) else np.zeros(1)
    part = np.clip(np.searchsorted(edges, values, side="left"), 1, max(1, len(edges) - 1))
    names = [UNSAID, *(_range(part, there, edges, feature) for part in range(1, max(2, len(edges))))]
    return np.array(
        [names[0 if np.isnan(value) else one] for value, one in zip(values, part, strict=True)], dtype=object
    )


def _range(part: int, there: Array, edges: Array, feature: Feature) -> str:
    """By the values that occur, so that parts do not seem to overlap."""
    at = np.clip(np.searchsorted(edges, there, side="left"), 1, max(1, len(edges) - 1)) == part
    low, high = (there[at].min(), there[at].max()) if at.any() else (0.0, 0.0)
    told = told_value(feature, float(high))
    return told if low == high else f"{told_value(feature, float(low)).removesuffix(f' {feature.unit}')} to {told}"
