"""Why should anybody believe a score? All that speaks for and against the model that scores, as figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from features.catalogue import ACTION
from features.matrix import Feature, many, plan
from leads.agreement import Agreement
from models.scorer import Scorer, TableScores
from training.assessment.backtest import EPOCH, Backtest, backtest, months_of
from training.assessment.card import Section, model_card
from training.assessment.curves import Curves, curves
from training.assessment.drift import Drift, Seen, drift
from training.assessment.forward import ForwardTest, Trial, forward_test
from training.assessment.influence import Influence, influence
from training.assessment.judged import Judged, as_recorded
from training.assessment.segments import Segment, segments
from training.retraining.history import History, first_of_leads

MOST = 10_000
"""Leads, evenly spread over time, of whom it is told what moves their scores."""

SCORECARD = "the scorecard"


@dataclass(frozen=True)
class Subject:
    """The model that is judged: `number` is its bundle's, None for the scorecard; `facts` those saved with it; it has
    learned from nothing later than `learned_until`, None where it learned nothing."""

    scorer: Scorer
    number: int | None
    facts: Mapping[str, Any]
    learned_until: datetime | None
    serves: bool = True

    @property
    def name(self) -> str:
        return SCORECARD if self.number is None else f"model {self.number}"


@dataclass(frozen=True)
class Evaluation:
    """What could not be judged yet is None, or empty. `segments` and `curves` are of the forward test's winner where
    there was a test, else of what leads were promised when they came; `by` says which."""

    name: str
    serves: bool
    agreement: Agreement
    until: datetime
    leads: int
    forward: ForwardTest | None
    backtest: Backtest | None
    by: str
    curves: Curves | None
    segments: Sequence[Segment]
    drift: Drift
    influence: Influence
    card: Sequence[Section]


def evaluation(history: History, subject: Subject, agreement: Agreement, trial: Trial | None = None) -> Evaluation:
    """`trial` is what candidates said of leads new to them, where there were any."""
    recorded = as_recorded(history)
    tested = forward_test(history, trial) if trial is not None and len(trial.rows) else None
    judged, said = (recorded, {}) if tested is None else (tested.judged, tested.log_odds)
    features = plan(agreement.form.fields, agreement.sales.timezone)
    rows = _spread(first_of_leads(history, np.arange(len(history))))
    scored = subject.scorer.score_table(_asked(history, rows))
    return Evaluation(
        name=subject.name,
        serves=subject.serves,
        agreement=agreement,
        until=EPOCH + timedelta(days=history.until),
        leads=len(np.unique(history.lead)),
        forward=tested,
        backtest=backtest(recorded, history, agreement) if len(recorded) else None,
        by=judged.by,
        curves=curves(judged, said),
        segments=_segments(judged, history, features, agreement),
        drift=drift(_seen(history, rows, features, scored, agreement), agreement),
        influence=influence(scored.features, scored.matrix, scored.explained.contributions),
        card=model_card(subject.scorer, subject.facts, subject.learned_until, history, agreement),
    )


def _spread(rows: np.ndarray) -> np.ndarray:
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(MOST, len(rows))).astype(int))] if len(rows) else rows


def _asked(history: History, rows: np.ndarray) -> pd.DataFrame:
    """As if sales followed up, where the model asks what is done with the lead."""
    return history.values.iloc[rows].assign(**{ACTION: 1.0}).reset_index(drop=True)


def _segments(judged: Judged, history: History, features: Sequence[Feature], agreement: Agreement) -> list[Segment]:
    told = many(features, history.values.iloc[judged.rows].reset_index(drop=True))
    return segments(judged, told, features, agreement)


def _seen(
    history: History, rows: np.ndarray, features: Sequence[Feature], scored: TableScores, agreement: Agreement
) -> Seen:
    names = [feature.name for feature in scored.features]
    return Seen(
        features=features,
        matrix=many(features, history.values.iloc[rows].reset_index(drop=True)),
        months=months_of(history, rows, agreement),
        log_odds=scored.explained.log_odds,
        effects=pd.DataFrame(scored.explained.contributions, columns=names),
    )
