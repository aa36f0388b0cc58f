"""Scores for a table: the columns that `accord score` adds to it, row for row."""

from __future__ import annotations

import json
import os

import numpy as np
import pandas as pd

from features.catalogue import ACTION
from leads.agreement import Agreement
from models.policy import band, by_band
from models.reasons import SHOWN, WORTH_TELLING
from models.scorer import Scorer, TableScores

ADDED = ("probability", "band", "route", "scored_by", "reasons")


def scored_columns(scorer: Scorer, values: pd.DataFrame, agreement: Agreement) -> pd.DataFrame:
    """The ADDED columns, under the index of `values`; and `p_nurture`, the probability without a call, where the model
    knows it."""
    scores = scorer.score_table(values, threads=os.cpu_count() or 1)
    bands = [band(probability, agreement.routing.bands) for probability in scores.probability.tolist()]
    told = pd.DataFrame(
        {
            "probability": scores.probability,
            "band": bands,
            "route": [by_band(one, agreement.routing) for one in bands],
            "scored_by": scorer.rung,
            "reasons": _reasons(scores),
        },
        index=values.index,
    )
    return told if scores.p_nurture is None else told.assign(p_nurture=scores.p_nurture)


def _reasons(scores: TableScores) -> list[str]:
    """JSON arrays: the strongest contributions of each row first, as the API tells them."""
    of_the_lead = np.array([feature.field != ACTION for feature in scores.features], dtype=bool)
    effects = np.where(of_the_lead, scores.explained.contributions, 0.0)
    order = np.argsort(-np.abs(effects), axis=1, kind="stable")[:, :SHOWN]
    return [
        json.dumps(
            [_told(scores, row, column) for column in columns if abs(effects[row, column]) >= WORTH_TELLING],
            ensure_ascii=False,
        )
        for row, columns in enumerate(order.tolist())
    ]


def _told(scores: TableScores, row: int, column: int) -> dict[str, object]:
    reason = scores.contribution(row, column)
    return {"field": reason.field, "text": reason.text, "effect": round(reason.effect, 4)}
