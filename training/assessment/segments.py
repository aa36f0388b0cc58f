"""Kinds of leads: for which of them were the scores right?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.matrix import Feature
from features.place import iso_code
from leads.agreement import Agreement
from models.encoder import RARE
from training.assessment.judged import Judged, Rate, rate_of

LEAST_LEADS = 40
MOST_LEVELS = 12
ALWAYS = ("utm_source", "channel")
"""Features beside the form's own fields that tell kinds of leads apart."""
KINDS = ("category", "flag")
UNSAID, OTHERS = "not given", "all others"


@dataclass(frozen=True, slots=True)
class Segment:
    field: str
    level: str
    rate: Rate
    wrong: bool
    """Whether the promise is off beyond chance, counting that many kinds were looked at."""


def segments(judged: Judged, matrix: pd.DataFrame, features: Sequence[Feature], agreement: Agreement) -> list[Segment]:
    """`matrix` holds the features of the judged leads, row for row."""
    groups = [group for feature in features if _tells(feature, agreement) for group in _groups(feature, matrix)]
    large = [(feature, level, inside) for feature, level, inside in groups if inside.sum() >= LEAST_LEADS]
    return [_segment(judged.where(inside), feature, level, len(large)) for feature, level, inside in large]


def shown(column: pd.Series, kind: str) -> NDArray[np.object_]:
    """Each lead's level in words. Levels that fewer than RARE leads share are pooled, so that nothing shows what a
    single person wrote."""
    if kind == "flag":
        told = column.map({1.0: "yes", 0.0: "no"}).astype(object)
    else:
        counts = column.value_counts(dropna=True)
        often = {level for level, count in counts.items() if count >= RARE}
        told = column.where(column.isin(often) | column.isna(), OTHERS)
    return told.where(column.notna(), UNSAID).to_numpy(dtype=object)


def _tells(feature: Feature, agreement: Agreement) -> bool:
    field = agreement.form.fields.get(feature.field)
    if field is None:
        return feature.name in ALWAYS
    itself = field.kind == "country" and feature.function is iso_code
    return itself or (feature.name == feature.field and field.kind in KINDS)


def _groups(feature: Feature, matrix: pd.DataFrame) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    levels = shown(matrix[feature.name], feature.kind)
    counts = pd.Series(levels).value_counts()
    if len(counts) < 2:
        return
    for level in [*counts.index[:MOST_LEVELS]]:
        yield feature.label, str(level), levels == level


def _segment(judged: Judged, field: str, level: str, looks: int) -> Segment:
    return Segment(field, level, rate_of(judged), rate_of(judged, looks).off is True)
